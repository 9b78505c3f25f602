import type { TaskDocument, TaskState } from '@audiocloud/api';
import { isDeepStrictEqual } from 'node:util';
import { WEBHOOK_APPLICATION } from '../world/webhook-receiver.ts';
import { LOST } from '../world/domain-host.ts';
import type { Invariant } from './invariant.ts';
import { eventsOf } from './log.ts';

/** What makes a state another one: without what counts on all the time. */
function still({ transport, blocks: _blocks, missedBlocks: _missed, ...rest }: TaskState): unknown {
  const { positionFrames: _position, streamFrame: _stream, ...kept } = transport ?? {};
  return { ...rest, transport: transport && kept };
}

export const copiesAreEqual: Invariant = {
  name: 'copies-are-equal',
  claim:
    'Whoever follows a task has, once all is quiet, what the domain has: the snapshot and its events say everything.',
  begin: () => ({
    settled: async (world) => {
      for (const watcher of world.watchers) {
        const { copy } = watcher;
        if (!copy) continue;
        const answer = await world.read(watcher.person, `/v1/tasks/${copy.task.id}`);
        if (answer === LOST || answer.status === 404)
          return `${watcher.name} follows ${copy.task.id}, which is not there`;
        const { revision, task, state } = answer.body as TaskDocument;
        if (revision !== copy.revision) return `${watcher.name} is at revision ${copy.revision}, wanted ${revision}`;
        if (!isDeepStrictEqual(JSON.parse(JSON.stringify(copy.graph)), task))
          return `${watcher.name} has ${JSON.stringify(copy.graph)}, wanted ${JSON.stringify(task)}`;
        const [have, want] = [still(copy.state), still(state)];
        if (!isDeepStrictEqual(have, want))
          return `${watcher.name} has ${JSON.stringify(have)}, wanted ${JSON.stringify(want)}`;
      }
      return undefined;
    },
  }),
};

/** Until the sockets of somebody whose key was taken back are closed. */
const CUT_MS = 1_000;

export const revokedIsCut: Invariant = {
  name: 'revoked-is-cut',
  claim: `Somebody whose key was taken back has no socket ${CUT_MS} ms later.`,
  begin: () => ({
    stepped: ({ revokedMs, clock }) => {
      for (const [watcher, ms] of revokedMs)
        if (watcher.isServed && clock.elapsedMs > ms + CUT_MS) return `${watcher.name} still has its socket`;
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
  claim: 'A webhook gets every event of its application at least once, in their order, and none of another one.',
  begin: () => {
    /** Numbers of the events that it is to get, from its own creation on. */
    const wanted: number[] = [];
    let arrived = 0;
    let looked = 0;
    return {
      committed: (commits) => {
        for (const event of eventsOf(commits)) {
          const isOthers = 'application' in event && event.application !== WEBHOOK_APPLICATION;
          if (!isOthers && (wanted.length > 0 || event.type === 'webhook.created')) wanted.push(event.number);
        }
        return undefined;
      },
      stepped: ({ receiver }) => {
        for (; looked < receiver.received.length; looked++) {
          const number = receiver.received[looked]!;
          if (number === wanted[arrived]) arrived++;
          // One that came before may come again.
          else if (!wanted.slice(0, arrived).includes(number)) return `event ${number} came, wanted ${wanted[arrived]}`;
        }
        return undefined;
      },
      settled: () => (arrived < wanted.length ? `event ${wanted[arrived]} did not arrive` : undefined),
    };
  },
};
