import type { Driver, ErrorBody, FixedInstanceState, Model, SimulatedFault, SoundLevel, Value } from '@audiocloud/api';
import type { Taken } from './value-delivery.ts';

/** An instance as its adapter process needs it. values: what to send first, one list for each parameter of the model. */
export interface InstanceSpec {
  id: string;
  model: Model;
  driver: Driver;
  values: Value[][];
}

/** Engine to adapter process. `id` numbers what is answered. */
export type ToAdapter =
  | { type: 'instances'; instances: InstanceSpec[] }
  | { type: 'set'; id: number; instance: string; parameter: number; index: number; value: Value }
  | { type: 'inject'; instance: string; fault: SimulatedFault }
  /** Of a simulated device: the sound at its inputs from now on, also after a restart of its process. */
  | { type: 'hear'; instance: string; levels: readonly SoundLevel[] }
  /** Asks a device at once what it asks it again and again: something has changed there. */
  | { type: 'poll'; instance: string }
  /** All that was set holds for so long; then the process sends the safe values by itself. */
  | { type: 'lease'; forMs: number };

/** Adapter process to engine. */
export type FromAdapter =
  | { type: 'up' }
  | { type: 'heartbeat' }
  | { type: 'failed'; error: ErrorBody }
  | { type: 'taken'; id: number; outcome: Taken }
  | { type: 'refused'; id: number; error: ErrorBody }
  | { type: 'state'; instance: string; state: FixedInstanceState['state']; error?: ErrorBody | undefined }
  /** The lease is over: these are its values now. */
  | { type: 'safe'; instance: string; values: Value[][] }
  | { type: 'reports'; instance: string; reports: Record<string, Record<number, Value>>; garbage: number };
