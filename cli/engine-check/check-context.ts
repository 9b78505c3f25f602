import { join } from 'node:path';
import type { EngineAbility, EngineFacts } from '@audiocloud/api';
import type { EngineLine } from './engine-line.ts';
import { Skip } from './outcome.ts';
import type { StartedEngine } from './start-engine.ts';

/** What one check works with; lines, engines and tasks that it makes are gone after it. */
export interface CheckContext {
  /** A new connection, which said nothing yet. */
  line(): Promise<EngineLine>;
  /** A new connection that said hello. */
  greeted(): Promise<EngineLine>;
  /** An engine of its own, which may be ended. Skips the check when only the sockets of a running one are known. */
  fresh(): Promise<StartedEngine & { line: EngineLine }>;
  readonly facts: EngineFacts;
  /** A folder for media and rendered files. */
  readonly folder: string;
  /** An id for a task or a render that nobody has. */
  newId(): string;
}

export const abilitiesOf = ({ abilities = ['live'] }: EngineFacts): readonly EngineAbility[] => abilities;

/** Skips the check when the engine does not have that part. */
export function need({ facts }: CheckContext, ability: EngineAbility): void {
  if (!abilitiesOf(facts).includes(ability)) throw new Skip(`the engine does not have the ability '${ability}'`);
}

export const inFolder = ({ folder }: CheckContext, name: string): string => join(folder, name);
