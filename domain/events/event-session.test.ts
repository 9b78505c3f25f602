import type { EventMessage } from '@audiocloud/api';
import { pino } from 'pino';
import t, { type Test } from 'tap';
import { systemClock } from '../clock/clock.ts';
import { VirtualClock } from '../clock/virtual-clock.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { EventJournal, type NewDomainEvent } from './event-journal.ts';
import { EventSession, MOST_BEHIND } from './event-session.ts';

/** A socket whose network takes what is sent when it is told to, and at once otherwise. */
class SimulatedSocket {
  readonly OPEN = 1;
  readyState = 1 as const;
  readonly messages: EventMessage[] = [];
  closed: [number, string] | undefined;
  isStuck = false;
  private readonly waiting: (() => void)[] = [];
  private ended: () => void = () => undefined;

  send(text: string, taken?: () => void): void {
    this.messages.push(JSON.parse(text));
    if (this.isStuck && taken) this.waiting.push(taken);
    else if (taken) setImmediate(taken);
  }

  close(code: number, reason: string): void {
    this.closed = [code, reason];
    this.ended();
  }

  terminate(): void {
    this.ended();
  }

  on(_: 'close', ended: () => void): this {
    this.ended = ended;
    return this;
  }

  release(): void {
    this.isStuck = false;
    for (const taken of this.waiting.splice(0)) taken();
  }

  get numbers(): number[] {
    return this.messages.flatMap((message) => (message.type === 'event' ? [message.event.number] : []));
  }
}

const down: NewDomainEvent = { type: 'engine.down', data: { engine: 'embedded', why: '' } };
const created: NewDomainEvent = { type: 'task.created', application: 'main', task: 'a', data: { revision: 1 } };
const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1);

async function journal(t: Test, events: number) {
  const store = openSqliteStore(':memory:');
  t.teardown(() => store.close());
  const log = await EventJournal.open({ store, clock: new VirtualClock() });
  await log.tell(...Array.from({ length: events }, () => down));
  return log;
}

function follow(log: EventJournal, after: number, socket = new SimulatedSocket(), filter = {}) {
  new EventSession({
    socket: socket as never,
    journal: log,
    after,
    filter,
    clock: systemClock,
    logger: pino({ level: 'silent' }),
  });
  return socket;
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise(setImmediate);
}

t.test('what is kept comes first, then what happens, without gap or double', async (t) => {
  const log = await journal(t, 700);
  const socket = follow(log, 0);
  for (let i = 0; i < 300; i++) {
    await log.tell(down);
    if (i % 7 === 0) await new Promise(setImmediate);
  }
  await until(() => socket.numbers.length >= 1000);
  t.same(socket.messages[0], { type: 'log', oldest: 1, newest: 700 });
  t.same(socket.numbers, upTo(1000));
});

t.test('from a number on, and only what is wanted', async (t) => {
  const log = await journal(t, 10);
  const socket = follow(log, 8);
  const tasks = follow(log, 0, new SimulatedSocket(), { types: ['task.created'] });
  await log.tell(created);
  await until(() => socket.numbers.length === 3 && tasks.numbers.length === 1);
  t.same([socket.numbers, tasks.numbers], [[9, 10, 11], [11]]);
});

t.test('a reader that does not follow is closed with 1013; one that comes late may take its time', async (t) => {
  const log = await journal(t, 2 * MOST_BEHIND);
  const stuck = new SimulatedSocket();
  stuck.isStuck = true;
  follow(log, 0, stuck);
  for (let i = 0; i < MOST_BEHIND; i += 100) await log.tell(...Array.from({ length: 100 }, () => down));
  t.equal(stuck.closed, undefined, 'as many as may wait');
  t.ok(stuck.numbers.length < MOST_BEHIND, `${stuck.numbers.length} are in the socket, not all`);
  const slow = new SimulatedSocket();
  slow.isStuck = true;
  follow(log, 0, slow);
  await log.tell(down);
  t.equal(stuck.closed?.[0], 1013);
  slow.release();
  await until(() => slow.numbers.length === log.newest);
  t.same(slow.numbers, upTo(log.newest));
  t.equal(slow.closed, undefined);
});

t.test('nothing is read for a client that went', async (t) => {
  const log = await journal(t, 1);
  const socket = follow(log, 0);
  await until(() => socket.numbers.length === 1);
  socket.terminate();
  await log.tell(down);
  await new Promise(setImmediate);
  t.same(socket.numbers, [1]);
});
