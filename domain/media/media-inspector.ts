import { AudioCloudError, type InspectLimits, type MediaFacts } from '@audiocloud/api';
import type { Engines } from '../engine/engines.ts';
import type { RegisteredEngine } from '../engine/registered-engine.ts';

/** Decoding ten hours of a rare codec takes less; what hangs is ended by the engine long before. */
const LONGEST_MS = 6 * 60 * 60 * 1000;

/** What is to be looked into. */
export interface Inspection {
  /** Id of the job; one at a time. */
  job: string;
  /** Where the content lies. */
  path: string;
  /** Where its peaks are to be written. */
  peaksPath: string;
}

/** Has engines look into media. [control] */
export interface MediaInspector {
  /** Undefined: no engine is there that can. Throws what the engine refuses with, and ENGINE_UNAVAILABLE when it is lost over it. */
  inspect(inspection: Inspection, signal: AbortSignal): Promise<MediaFacts | undefined>;
  /** Calls when an engine that can came. */
  listen(served: () => void): () => void;
}

const isAble = ({ engine }: RegisteredEngine): boolean =>
  engine.isUp && engine.facts?.abilities?.includes('media') === true;

/** The engines of the domain that have the ability `media`: each inspection goes to the one that has the fewest. [control] */
export function engineInspector(engines: Engines, limits?: InspectLimits): MediaInspector {
  const working = new Map<RegisteredEngine, number>();
  const count = (engine: RegisteredEngine, more: number) => {
    const now = (working.get(engine) ?? 0) + more;
    if (now > 0) working.set(engine, now);
    else working.delete(engine);
  };
  return {
    async inspect({ job, path, peaksPath }, signal) {
      signal.throwIfAborted();
      const able = engines.list.filter(isAble).sort((a, b) => (working.get(a) ?? 0) - (working.get(b) ?? 0));
      const [registered] = able;
      if (!registered) return undefined;
      const { engine } = registered;
      // Nobody waits for its answer: the inspection itself is answered when it has ended.
      const cancel = () => void engine.command('cancel', { job }).catch(() => undefined);
      count(registered, 1);
      try {
        // A try before may still be under way there, of this domain or of one that was killed: two would write the same peaks.
        await engine.command('cancel', { job });
        signal.throwIfAborted();
        signal.addEventListener('abort', cancel, { once: true });
        const about = { job, path, peaksPath, ...(limits ? { limits } : {}) };
        return await engine.command('inspect', about, LONGEST_MS);
      } finally {
        signal.removeEventListener('abort', cancel);
        count(registered, -1);
      }
    },
    listen: (served) =>
      engines.listen({
        up: (engine) => {
          if (isAble(engine)) served();
        },
      }),
  };
}

/** Why a job waits that no engine can serve. [any] */
export const unserved = () =>
  new AudioCloudError(
    'ENGINE_UNAVAILABLE',
    'Cannot look into the media: no engine with the ability media is there; it goes on when one comes',
  ).toJSON();
