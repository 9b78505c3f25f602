import type { TaskDocument, TaskState } from '@audiocloud/api';
import { isDeepStrictEqual } from 'node:util';
import { LOST } from '../world/domain-host.ts';
import type { Invariant } from './invariant.ts';

/** What makes a state another one: without what counts on all the time. */
function still({ transport, blocks: _blocks, missedBlocks: _missed, ...rest }: TaskState): unknown {
  const { positionFrames: _position, streamFrame: _stream, ...kept } = transport ?? {};
  return { ...rest, transport: transport && kept };
}

export const copiesAreEqual: Invariant = {
  name: 'copies-are-equal',
  claim: 'Whoever follows a task has, once all is quiet, what the domain has: the snapshot and its events say everything.',
  begin: () => ({
    settled: async (world) => {
      for (const watcher of world.watchers) {
        const { copy } = watcher;
        if (!copy) continue;
        const answer = await world.read(watcher.person, `/v1/tasks/${copy.task.id}`);
        if (answer === LOST || answer.status === 404) return `${watcher.name} follows ${copy.task.id}, which is not there`;
        const { revision, task, state } = answer.body as TaskDocument;
        if (revision !== copy.revision) return `${watcher.name} is at revision ${copy.revision}, wanted ${revision}`;
        if (!isDeepStrictEqual(JSON.parse(JSON.stringify(copy.graph)), task))
          return `${watcher.name} has ${JSON.stringify(copy.graph)}, wanted ${JSON.stringify(task)}`;
        const [have, want] = [still(copy.state), still(state)];
        if (!isDeepStrictEqual(have, want)) return `${watcher.name} has ${JSON.stringify(have)}, wanted ${JSON.stringify(want)}`;
      }
      return undefined;
    },
  }),
};

export const requestsAreAnswered: Invariant = {
  name: 'requests-are-answered',
  claim: 'No request that reached a living domain waits for ever.',
  begin: () => ({
    settled: ({ domain }) => (domain.waiting > 0 ? `${domain.waiting} requests have no answer` : undefined),
  }),
};

export const webhooksArrive: Invariant = {
  name: 'webhooks-arrive',
  claim: 'A webhook gets every event at least once, in order: a number below the one before was there already.',
  begin: () => {
    let seen = 0;
    return {
      stepped: ({ receiver }) => {
        for (const numbers of receiver.received.values()) {
          const last = numbers.at(-1)!;
          const before = numbers.at(-2);
          if (numbers.length > seen && before !== undefined && last > before + 1) return `${last} came after ${before}`;
          seen = numbers.length;
        }
        return undefined;
      },
      settled: ({ receiver, domain }) => {
        const newest = domain.core?.journal.newest ?? 0;
        for (const numbers of receiver.received.values())
          if (Math.max(...numbers) < newest) return `event ${newest} did not arrive, ${Math.max(...numbers)} is the last`;
        return undefined;
      },
    };
  },
};
