import type { Maintenance, Reservation, ReservationState, ReservedInstance } from '@audiocloud/api';
import type { Span } from './calendar.ts';
import { momentText } from './moment.ts';

/** What the store keeps of a reservation. */
export interface ReservationRecord extends Span {
  id: string;
  revision: number;
  application: string;
  task?: string;
  /** As it was configured when the reservation was made: what others were promised does not move. */
  graceMs: number;
  instances: Record<string, ReservedInstance>;
  units: Record<string, string>;
  state: ReservationState;
  offeredTo?: string;
}

/** What the store keeps of a maintenance window: of a unit, or of all units of a model. */
export type MaintenanceRecord = Span & { id: string; reason: string } & ({ unit: string } | { model: string });

/** The time in which nobody else can have the units. [any] */
export const heldSpan = ({ fromMs, toMs, graceMs }: Span & { graceMs: number }): Span => ({
  fromMs,
  toMs: toMs + graceMs,
});

/** Whether it holds units, now or later. [any] */
export const isOpen = ({ state }: ReservationRecord): boolean => state === 'planned' || state === 'running';

/** A reservation as its application is told. [any] */
export function reservationOf({ fromMs, toMs, graceMs, ...rest }: ReservationRecord): Reservation {
  return { ...rest, from: momentText(fromMs), to: momentText(toMs), graceSeconds: graceMs / 1000 };
}

/** As another application is told to which it is offered: whose task it is for does not concern them. [any] */
export function offeredReservationOf(record: ReservationRecord): Reservation {
  const { task: _task, ...told } = reservationOf(record);
  return told;
}

export function maintenanceOf({ fromMs, toMs, ...rest }: MaintenanceRecord): Maintenance {
  return { ...rest, from: momentText(fromMs), to: momentText(toMs) };
}
