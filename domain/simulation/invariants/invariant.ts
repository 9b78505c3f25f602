import type { World } from '../world/world.ts';
import type { Commit } from '../world/simulated-disk.ts';

/** What must be true in every world; each of these gives what is wrong, undefined for nothing. */
export interface Checks {
  /** A transaction is durable, at this moment. */
  committed?(commits: readonly Commit[], world: World): string | undefined;
  /** The domain was killed, or has closed: what is on the disk is all that is left. */
  ended?(world: World, isInOrder: boolean): string | undefined;
  /** An engine begins to play a task, by the name that it has there. */
  plays?(task: string, world: World): string | undefined;
  /** The domain asks for a unit to be switched on, or for a task to play. */
  starts?(what: { unit: string } | { task: string }, world: World): string | undefined;
  /** After every step. */
  stepped?(world: World): string | undefined;
  /** Asked again and again after the last fault: has to come true in time, and to be true together with all others. */
  settled?(world: World): Promise<string | undefined> | string | undefined;
}

export interface Invariant {
  name: string;
  /** One sentence. */
  claim: string;
  /** For one world. Those without are seen by the clients or by the world, who name them. */
  begin?(): Checks;
}
