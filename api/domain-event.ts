import { Type } from 'typebox';
import { EngineDesired } from './engines.ts';
import { ErrorBody } from './error-body.ts';
import { MESSAGE_MAXIMUM } from './errors.ts';
import {
  ApplicationId,
  EngineId,
  ExportId,
  FixedInstanceId,
  MediaId,
  MediaJobId,
  Name,
  TaskId,
  WebhookId,
} from './ids.ts';
import { MediaContext } from './media.ts';
import { PAGE_MAXIMUM } from './page.ts';
import { MaintenanceId, MaintenanceReason, Moment, ReservationId } from './reservation.ts';
import { TransportChange } from './task-state.ts';

const closed = { additionalProperties: false } as const;
const Revision = Type.Integer({ minimum: 1 });
const Version = Type.String({ maxLength: 64 });
const Why = Type.String({ maxLength: MESSAGE_MAXIMUM });

/** Counts the events of a domain, without gaps. */
export const EventNumber = Type.Integer({ minimum: 1, description: 'Rises by one with every event of the domain' });

/** Who asked for a change. */
export const EventSource = Type.Object(
  {
    request: Type.String({
      maxLength: 64,
      description: 'x-request-id of the request; of a live socket that of its opening',
    }),
    idempotencyKey: Type.Optional(Type.String({ maxLength: 255 })),
  },
  { ...closed, description: 'Absent for what came by itself' },
);
export type EventSource = Type.Static<typeof EventSource>;

const base = {
  number: EventNumber,
  timestamp: Type.String({ format: 'date-time', maxLength: 32, description: 'ISO 8601, UTC' }),
  by: Type.Optional(EventSource),
};
const ofTask = <N extends string, P extends Type.TProperties>(type: N, data: P, description: string) =>
  Type.Object(
    { ...base, type: Type.Literal(type), application: ApplicationId, task: TaskId, data: Type.Object(data, closed) },
    { ...closed, description },
  );
const ofApplication = <N extends string, P extends Type.TProperties>(type: N, data: P, description: string) =>
  Type.Object(
    { ...base, type: Type.Literal(type), application: ApplicationId, data: Type.Object(data, closed) },
    { ...closed, description },
  );
const ofDomain = <N extends string, P extends Type.TProperties>(type: N, data: P, description: string) =>
  Type.Object({ ...base, type: Type.Literal(type), data: Type.Object(data, closed) }, { ...closed, description });

/** Of a task where the reservation is for one. */
const ofReservation = <N extends string, P extends Type.TProperties>(type: N, data: P, description: string) =>
  Type.Object(
    {
      ...base,
      type: Type.Literal(type),
      application: ApplicationId,
      task: Type.Optional(TaskId),
      data: Type.Object({ reservation: ReservationId, ...data }, closed),
    },
    { ...closed, description },
  );
const span = { from: Moment, to: Moment };
const units = Type.Array(FixedInstanceId, { maxItems: 10_000 });
const kept = { maintenance: MaintenanceId };
const imported = { media: MediaId, job: MediaJobId, context: Type.Optional(MediaContext) };
const exported = {
  export: ExportId,
  context: Type.Optional(Type.Unknown({ description: 'Of the export, as its request gave it' })),
};
const window = { ...kept, ...span, reason: MaintenanceReason };

/** What happened, in the order in which it was stored. Values set live are no events. */
export const DomainEvent = Type.Union(
  [
    ofTask('task.created', { revision: Revision }, 'A task is there'),
    ofTask(
      'task.edited',
      { revision: Revision, edits: Type.Integer({ minimum: 1 }) },
      'Its graph was changed by edits',
    ),
    ofTask(
      'task.replaced',
      { revision: Revision, upgraded: Type.Optional(Type.Literal(true)) },
      'It has another graph. upgraded: the domain brought its values to newer models',
    ),
    ofTask(
      'task.transport',
      {
        change: TransportChange,
        positionSeconds: Type.Number(),
        ended: Type.Optional(Type.Literal(true)),
        error: Type.Optional(ErrorBody),
      },
      'It plays, stops, loops, or its playhead was moved. ended: it stopped by itself. error: why the domain stopped it',
    ),
    ofTask(
      'task.failed',
      { error: ErrorBody, instances: Type.Optional(Type.Array(Name, { maxItems: 100_000 })) },
      'It is not heard as it should be: the engine is away or refuses it, or the instances named are muted',
    ),
    ofTask(
      'task.moved',
      {
        from: Type.Union([EngineId, Type.Null()]),
        to: EngineId,
        why: Type.Unsafe<'asked' | 'drained' | 'lost' | 'full' | 'placed'>(
          Type.String({ enum: ['asked', 'drained', 'lost', 'full', 'placed'] }),
        ),
      },
      'Another engine has it, from its playhead on. lost: the engine before was away for too long. full: it had no room. placed: it had none',
    ),
    ofTask('task.recovered', {}, 'What hindered it is over'),
    ofTask('task.deleted', { revision: Revision }, 'It is gone'),
    ofDomain('domain.started', { version: Version }, 'The domain came up'),
    ofDomain('domain.drained', {}, 'The domain ends in order; all is stored'),
    ofDomain(
      'engine.up',
      { engine: EngineId, version: Version, pid: Type.Integer() },
      'An engine is connected; one with the pid of before went on meanwhile',
    ),
    ofDomain('engine.down', { engine: EngineId, why: Why }, 'The engine is away'),
    ofDomain('engine.registered', { engine: EngineId }, 'There is one more'),
    ofDomain('engine.changed', { engine: EngineId, desired: EngineDesired }, 'Something else is wanted of it'),
    ofDomain('engine.removed', { engine: EngineId }, 'It is no longer one of the domain'),
    ofDomain(
      'plugins.rescanned',
      { models: Type.Integer({ minimum: 0 }), refused: Type.Integer({ minimum: 0 }) },
      'The plugin folders were read again: so many models, so many packages refused',
    ),
    ofReservation(
      'reservation.created',
      { revision: Revision, ...span, units },
      'Units are promised to an application',
    ),
    ofReservation(
      'reservation.changed',
      { revision: Revision, ...span, units },
      'It was extended, shortened, moved, offered, handed over, or has other units',
    ),
    ofReservation(
      'reservation.offered',
      { ...span, units, offeredBy: ApplicationId },
      'Another application offers it to this one',
    ),
    ofReservation(
      'reservation.accepted',
      { acceptedBy: ApplicationId },
      'The application that it was offered to has it now',
    ),
    ofReservation('reservation.cancelled', {}, 'Its units are free'),
    ofReservation('reservation.begun', {}, 'Its units are held'),
    ofReservation('reservation.ended', {}, 'Its grace time is over too: its units are free'),
    ofReservation('reservation.disturbed', window, 'Some of its units go into maintenance within its time'),
    ofDomain('maintenance.created', { ...window, units }, 'Units cannot be used in this time'),
    ofDomain('maintenance.deleted', kept, 'They can'),
    ofApplication('media.requested', { ...imported }, 'An import is to be done'),
    ofApplication(
      'media.imported',
      { ...imported, bytes: Type.Integer({ minimum: 0 }), sha256: Type.String({ maxLength: 64 }) },
      'It is done: tasks may name the media',
    ),
    ofApplication('media.failed', { ...imported, error: ErrorBody }, 'An import was given up'),
    ofApplication('media.cancelled', { ...imported }, 'An import was called off; nothing of it is left'),
    ofApplication('media.changed', { media: MediaId }, 'They have another name, other tags, or another task'),
    ofApplication(
      'media.deleted',
      {
        media: MediaId,
        why: Type.Optional(
          Type.Unsafe<'unused' | 'space' | 'task'>(
            Type.String({
              enum: ['unused', 'space', 'task'],
              description:
                'They went by themselves: nobody used them, others needed their room, or their task was deleted',
            }),
          ),
        ),
      },
      'Media are gone',
    ),
    ofTask('export.requested', { ...exported }, 'Files of the task are to be made'),
    ofTask(
      'export.started',
      { ...exported, startedBy: Type.Optional(EventNumber) },
      'It is rendered or played, told once. startedBy: the event that it waited for',
    ),
    ofTask(
      'export.done',
      {
        ...exported,
        files: Type.Integer({ minimum: 0 }),
        bytes: Type.Integer({ minimum: 0 }),
        isFaultless: Type.Boolean(),
      },
      'Its files are there, whole; uploads are done or were given up',
    ),
    ofTask('export.failed', { ...exported, error: ErrorBody }, 'It was given up; there are no files'),
    ofTask('export.cancelled', { ...exported }, 'It was called off; nothing of it is left'),
    ofTask(
      'export.uploaded',
      { ...exported, output: Type.String({ maxLength: 64 }), bytes: Type.Integer({ minimum: 0 }) },
      'One of its files is where it was to be put',
    ),
    ofTask('export.deleted', { ...exported, expired: Type.Optional(Type.Literal(true)) }, 'Its files are gone'),
    ofApplication('webhook.created', { webhook: WebhookId }, 'Events are sent to one more address'),
    ofApplication('webhook.deleted', { webhook: WebhookId }, 'They are no longer'),
    ofApplication('webhook.disabled', { webhook: WebhookId, why: Why }, 'Its receiver failed for too long'),
  ],
  { title: 'DomainEvent', description: 'Something that happened, with its number' },
);
export type DomainEvent = Type.Static<typeof DomainEvent>;

export const EVENT_TYPES: readonly string[] = DomainEvent.anyOf.map(({ properties }) => properties.type.const);

export const EventType = Type.Unsafe<DomainEvent['type']>(Type.String({ enum: [...EVENT_TYPES] }));

/** GET /v1/events and /v1/tasks/:id/events. */
export const EventPage = Type.Object(
  {
    events: Type.Array(DomainEvent, { maxItems: PAGE_MAXIMUM }),
    next: Type.Integer({ minimum: 0, description: '`after` of the next page, also when this one is empty' }),
    oldest: Type.Integer({ minimum: 0, description: 'Of the events that are kept; what came before it is gone' }),
    newest: Type.Integer({ minimum: 0, description: 'When `next` has reached it, all is read' }),
  },
  { ...closed, title: 'EventPage' },
);
export type EventPage = Type.Static<typeof EventPage>;

/** What /v1/events/live sends, as JSON text. It takes no messages. */
export const EventMessage = Type.Union(
  [
    Type.Object(
      { type: Type.Literal('log'), oldest: Type.Integer({ minimum: 0 }), newest: Type.Integer({ minimum: 0 }) },
      { ...closed, description: 'First message: which events are kept. With `after` below oldest - 1 some are gone' },
    ),
    Type.Object({ type: Type.Literal('event'), event: DomainEvent }, { ...closed, description: 'Something happened' }),
  ],
  { title: 'EventMessage' },
);
export type EventMessage = Type.Static<typeof EventMessage>;
