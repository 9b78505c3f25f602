import { Type } from 'typebox';
import { ApplicationId, FixedInstanceId, ModelId, Name, TaskId } from './ids.ts';
import { Next, pageItems } from './page.ts';

const closed = { additionalProperties: false } as const;

const MOMENT = '-\\d{2}-\\d{2}T\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,3})?)?(Z|[+-]\\d{2}:\\d{2})$';
const moment = (year: string, description: string) =>
  Type.String({ pattern: `^${year}${MOMENT}`, maxLength: 32, description });
export const Moment = moment('\\d{4}', 'ISO 8601, UTC');
/** A moment that somebody asks for. */
export const AskedMoment = moment('2[01]\\d{2}', 'ISO 8601 with a zone, of the years 2000 to 2199');
const From = moment('2[01]\\d{2}', 'When it begins, ISO 8601 with a zone; default: now');
const To = moment('2[01]\\d{2}', 'When it ends, ISO 8601 with a zone; this moment is no longer part of it');

export const ReservationId = Type.String({
  pattern: '^reservation-[0-9a-f]{12}$',
  maxLength: 24,
  description: 'Id of a reservation',
});
export const MaintenanceId = Type.String({
  pattern: '^maintenance-[0-9a-f]{12}$',
  maxLength: 24,
  description: 'Id of a maintenance window',
});

/** One piece of hardware that is wanted. */
export const ReservedInstance = Type.Union([
  Type.Object({ fixed: FixedInstanceId }, { ...closed, description: 'This unit' }),
  Type.Object({ any: ModelId }, { ...closed, description: 'A unit of this model that is free for the whole time' }),
]);
export type ReservedInstance = Type.Static<typeof ReservedInstance>;

const ReservedInstances = Type.Record(Name, ReservedInstance, {
  minProperties: 1,
  maxProperties: 64,
  description: 'What is wanted, under names of the application, such as those of the instances of its task',
});

/** POST /v1/reservations. */
export const ReservationCreate = Type.Object(
  { task: Type.Optional(TaskId), from: Type.Optional(From), to: To, instances: ReservedInstances },
  {
    ...closed,
    title: 'ReservationCreate',
    description: 'With a task only that one may use the units, without it every task of the application',
  },
);
export type ReservationCreate = Type.Static<typeof ReservationCreate>;

/** PATCH /v1/reservations/:reservation; what is left out stays as it is. */
export const ReservationChange = Type.Object(
  {
    task: Type.Optional(
      Type.Union([TaskId, Type.Null()], { description: 'Hands it over to another task, with null to all of them' }),
    ),
    from: Type.Optional(From),
    to: Type.Optional(To),
    instances: Type.Optional(ReservedInstances),
    offeredTo: Type.Optional(
      Type.Union([ApplicationId, Type.Null()], {
        description: 'Another application, which may take it over; null withdraws the offer',
      }),
    ),
  },
  { ...closed, title: 'ReservationChange' },
);
export type ReservationChange = Type.Static<typeof ReservationChange>;

/** POST /v1/reservations/:reservation/accept. */
export const ReservationAccept = Type.Object(
  { task: Type.Optional(TaskId) },
  { ...closed, title: 'ReservationAccept', description: 'With a task only that one may use the units' },
);
export type ReservationAccept = Type.Static<typeof ReservationAccept>;

const RESERVATION_STATES = ['planned', 'running', 'ended', 'cancelled'] as const;
export type ReservationState = (typeof RESERVATION_STATES)[number];
export const ReservationState = Type.Unsafe<ReservationState>(
  Type.String({ enum: [...RESERVATION_STATES], description: 'It is running until its grace time is over' }),
);

export const Reservation = Type.Object(
  {
    id: ReservationId,
    revision: Type.Integer({ minimum: 1 }),
    application: ApplicationId,
    task: Type.Optional(TaskId),
    from: Moment,
    to: Moment,
    graceSeconds: Type.Number({ minimum: 0, description: 'For so long after its end the units are still held' }),
    instances: ReservedInstances,
    units: Type.Record(Name, FixedInstanceId, { description: 'The unit that each name has' }),
    state: ReservationState,
    offeredTo: Type.Optional(ApplicationId),
  },
  { ...closed, title: 'Reservation' },
);
export type Reservation = Type.Static<typeof Reservation>;

export const ReservationPage = Type.Object(
  {
    reservations: pageItems(Reservation),
    next: Next,
  },
  { ...closed, title: 'ReservationPage' },
);
export type ReservationPage = Type.Static<typeof ReservationPage>;

/** GET /v1/availability. */
export const Availability = Type.Object(
  {
    units: Type.Array(
      Type.Object(
        {
          unit: FixedInstanceId,
          slots: Type.Array(Type.Object({ from: Moment, to: Moment }, closed), {
            maxItems: 1_000_000,
            description: 'A reservation inside one of them meets no other',
          }),
        },
        closed,
      ),
      { maxItems: 10_000 },
    ),
  },
  { ...closed, title: 'Availability' },
);
export type Availability = Type.Static<typeof Availability>;

export const MaintenanceReason = Type.String({
  minLength: 1,
  maxLength: 500,
  description: 'Told to everybody who wants the unit',
});
const unit = { unit: FixedInstanceId };
const model = { model: ModelId };
const asked = { from: Type.Optional(From), to: To, reason: MaintenanceReason };

/** POST /v1/maintenance: of one unit, or of all units of a model. */
export const MaintenanceCreate = Type.Union(
  [Type.Object({ ...unit, ...asked }, closed), Type.Object({ ...model, ...asked }, closed)],
  { title: 'MaintenanceCreate' },
);
export type MaintenanceCreate = Type.Static<typeof MaintenanceCreate>;

const kept = { id: MaintenanceId, from: Moment, to: Moment, reason: MaintenanceReason };

/** A time in which units cannot be used. */
export const Maintenance = Type.Union(
  [Type.Object({ ...unit, ...kept }, closed), Type.Object({ ...model, ...kept }, closed)],
  { title: 'Maintenance' },
);
export type Maintenance = Type.Static<typeof Maintenance>;

const disturbed = {
  disturbed: Type.Array(ReservationId, {
    maxItems: 1_000_000,
    description: 'Reservations that cannot use their units in this time',
  }),
};
export const MaintenanceCreated = Type.Union(
  [Type.Object({ ...unit, ...kept, ...disturbed }, closed), Type.Object({ ...model, ...kept, ...disturbed }, closed)],
  { title: 'MaintenanceCreated' },
);
export type MaintenanceCreated = Type.Static<typeof MaintenanceCreated>;

export const MaintenanceList = Type.Object(
  { maintenance: pageItems(Maintenance), next: Next },
  { ...closed, title: 'MaintenanceList' },
);
export type MaintenanceList = Type.Static<typeof MaintenanceList>;

const seconds = (description: string) => Type.Optional(Type.Number({ minimum: 0, maximum: 1e9, description }));

/** PUT /v1/reservation-rights/:application; what is left out is as the configuration says for everybody. */
export const ReservationRights = Type.Object(
  {
    units: Type.Optional(
      Type.Array(FixedInstanceId, { maxItems: 1024, description: 'These units, and those of `models`, and no others' }),
    ),
    models: Type.Optional(
      Type.Array(ModelId, { maxItems: 256, description: 'All units of these models, and `units`, and no others' }),
    ),
    shortestSeconds: seconds('A reservation lasts at least so long'),
    longestSeconds: seconds('A reservation lasts at most so long'),
    aheadSeconds: seconds('A reservation begins at most so long from now'),
    mostAtOnce: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 10_000, description: 'Units that it holds at any moment' }),
    ),
    mostPlanned: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 100_000, description: 'Reservations that are not over yet' }),
    ),
  },
  { ...closed, title: 'ReservationRights' },
);
export type ReservationRights = Type.Static<typeof ReservationRights>;
