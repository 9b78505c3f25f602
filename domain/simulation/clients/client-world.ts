import type { VirtualClock } from '../../clock/virtual-clock.ts';
import type { DomainHost } from '../world/domain-host.ts';
import type { Network } from '../world/network.ts';
import type { Trace } from '../world/trace.ts';
import type { KnownTask } from './known-task.ts';
import type { Register } from './register.ts';

/** What clients see of the world, and where they keep what all of them know. */
export interface ClientWorld {
  clock: VirtualClock;
  network: Network;
  domain: DomainHost;
  trace: Trace;
  /** By application and id. */
  tasks: Map<string, KnownTask>;
  /** Gain of each preset, by application and id; undefined: there is none. */
  presets: Map<string, Register<number | undefined>>;
  /** Of hardware, that tasks can ask for. */
  units: readonly string[];
  distributors: readonly string[];
  tapes: readonly string[];
  /** Nobody begins anything new. */
  isWindingUp: boolean;
  /** The disk refused or delayed something since then. */
  hasDiskTroubleSince(elapsedMs: number): boolean;
  sleep(ms: number): Promise<void>;
  /** Something is not as it must be. */
  violate(invariant: string, why: string): void;
}

/** [any] */
export const taskPlace = (application: string, id: string): string => `${application}/${id}`;
