import type { DomainEvent } from '@audiocloud/api';
import { addressOfKey, TASK_PREFIX } from '../../tasks/task-address.ts';
import type { TaskRecord } from '../../tasks/task-record.ts';
import type { Commit } from '../world/simulated-disk.ts';
import type { Invariant } from './invariant.ts';

const EVENTS = 'event/';
const RECEIPTS = 'receipt/';

/** [any] */
export const eventsOf = (commits: readonly Commit[]): DomainEvent[] =>
  commits.flatMap((commit) =>
    commit.key.startsWith(EVENTS) && !commit.isDeleted ? [commit.value as DomainEvent] : [],
  );

export const logWithoutGap: Invariant = {
  name: 'log-without-gap',
  claim: 'Every event has the number after the one before it, through all lives of the domain.',
  begin: () => {
    let last = 0;
    return {
      committed: (commits) => {
        for (const { number } of eventsOf(commits)) {
          if (number !== last + 1) return `event ${number} came after ${last}`;
          last = number;
        }
        return undefined;
      },
    };
  },
};

export const logTellsOfChanges: Invariant = {
  name: 'log-tells-of-changes',
  claim:
    'A task is created, edited, replaced or deleted in one transaction with the event that says so, and of its revision.',
  begin: () => {
    const records = new Map<string, TaskRecord>();
    return {
      committed: (commits) => {
        const events = eventsOf(commits);
        for (const commit of commits) {
          const { key } = commit;
          if (!key.startsWith(TASK_PREFIX)) continue;
          const { application, id: task } = addressOfKey(key);
          const before = records.get(key);
          const record = commit.value as TaskRecord | undefined;
          if (record) records.set(key, record);
          else records.delete(key);
          const types = events.flatMap((event) =>
            'task' in event && event.task === task && event.application === application ? [event] : [],
          );
          if (!record && !types.some(({ type }) => type === 'task.deleted'))
            return `${task} was deleted without an event`;
          if (!record || record.revision === before?.revision) continue;
          const wanted = before ? ['task.edited', 'task.replaced'] : ['task.created'];
          const told = types.find(({ type }) => wanted.includes(type));
          if ((told?.data as { revision?: number } | undefined)?.revision !== record.revision)
            return `${task} became revision ${record.revision} without an event of it`;
        }
        return undefined;
      },
    };
  },
};

export const revisionsOnlyGrow: Invariant = {
  name: 'revisions-only-grow',
  claim: 'The revision of a task or preset that is there rises by one with each change of its graph, and never falls.',
  begin: () => {
    const revisions = new Map<string, number>();
    return {
      committed: (commits) => {
        for (const commit of commits) {
          const { key } = commit;
          if (!key.startsWith(TASK_PREFIX) && !key.startsWith('preset/')) continue;
          const before = revisions.get(key) ?? 0;
          if (commit.isDeleted) revisions.delete(key);
          else {
            const { revision } = commit.value as { revision: number };
            revisions.set(key, revision);
            if (revision !== before + 1 && (revision !== before || before === 0))
              return `${key} went from revision ${before} to ${revision}`;
          }
        }
        return undefined;
      },
    };
  },
};

export const keyTakesEffectOnce: Invariant = {
  name: 'key-takes-effect-once',
  claim:
    'However often a request with a key comes, one transaction answers it, and each kind of event of it is there once.',
  begin: () => {
    const answered = new Set<string>();
    const told = new Set<string>();
    return {
      committed: (commits) => {
        for (const commit of commits) {
          const { key } = commit;
          if (!key.startsWith(RECEIPTS)) continue;
          if ((commit.value as { answer?: string } | undefined)?.answer === undefined) continue;
          if (answered.has(key)) return `${key} was answered a second time`;
          answered.add(key);
        }
        for (const { by, type } of eventsOf(commits)) {
          if (by?.idempotencyKey === undefined) continue;
          const once = `${by.idempotencyKey} ${type}`;
          if (told.has(once)) return `${type} by ${by.idempotencyKey} happened twice`;
          told.add(once);
        }
        return undefined;
      },
    };
  },
};

export const receiptWithItsEffect: Invariant = {
  name: 'receipt-with-its-effect',
  claim: 'What a request with a key changes is durable together with its answer.',
  begin: () => ({
    committed: (commits) => {
      const keyed = eventsOf(commits).find(({ by }) => by?.idempotencyKey !== undefined);
      if (!keyed || commits.some(({ key }) => key.startsWith(RECEIPTS))) return undefined;
      return `${keyed.type} by ${keyed.by?.idempotencyKey} was stored without its answer`;
    },
  }),
};
