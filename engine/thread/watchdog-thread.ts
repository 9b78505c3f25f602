import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { TaskShared, WORD } from '../render/task-shared.ts';
import type { RenderThreadData } from './letter.ts';
import { raisePriority, WATCHDOG_PRIORITY } from './priority.ts';
import { StuckJudge, threadCpuMs } from './stuck-judge.ts';
import { LINE } from './thread-line.ts';
import { Wake } from './wake.ts';
import type { FoundPlace, WatchdogData, WatchdogNote, WatchdogOrder } from './watchdog-message.ts';

/*
 * The watchdog: a worker above the render threads, which it starts, so that it can end one that is stuck. It looks at
 * where they are some 70 times a second, at irregular times: how often an instance is found in progress is its
 * share of the thread. When the device was not answered in time, it looks at once: who is in progress then was the cause.
 */
/**
 * While blocks are late one after the other, it looks so seldom: a look takes time from the very threads that have too
 * little (docs/decisions/0010-what-a-task-claims.md).
 */
const LATE_MS = 20;
/**
 * A wait that lets messages in takes the thread as much time as all the rest, so most waits do not: orders, and the end of a
 * worker, are looked for after so long.
 */
const BLOCKED_MS = 50;
/** How long messages are let in all the time after an order, for more may follow. */
const ORDERS_MS = 1000;
/** While there is no task. */
const IDLE_MS = 100;
const TELL_MS = 500;

interface Watched {
  words: Int32Array;
  /** By memory, then by seat. */
  progress: Int32Array[][];
}

const { memory, wedgedMs, lookMs } = workerData as WatchdogData;
const wake = new Wake(memory);
const workers = new Map<number, { worker: Worker; thread: number | undefined; isWedged: boolean }>();
const watched = new Map<number, Watched>();
const judges = wake.lines.map(() => new StuckJudge(wedgedMs));
const lateBefore = wake.lines.map(() => 0);
const found = new Map<string, FoundPlace>();
let orderedAt = performance.now();
const tell = (note: WatchdogNote): void => parentPort!.postMessage(note);

function spawn({ worker: id, port, standby }: Extract<WatchdogOrder, { type: 'spawn' }>): void {
  const worker = new Worker(new URL(`./render-thread${import.meta.url.slice(-3)}`, import.meta.url), {
    name: `render ${id}`,
    workerData: { memory, port, standby } satisfies RenderThreadData,
    transferList: [port],
  });
  const entry = { worker, thread: undefined, isWedged: false };
  let why = '';
  workers.set(id, entry);
  worker.on('error', (error) => {
    why = error.message;
  });
  worker.on('exit', (code) => {
    const { thread, isWedged } = entry;
    workers.delete(id);
    tell({ type: 'ended', worker: id, thread, isWedged, why: why || `it ended with code ${code}` });
  });
}

/** Where a thread is now. Who waits for others, or looks for a branch to help with, is nowhere. */
function placeOf(thread: number): Omit<FoundPlace, 'looks' | 'lateBlocks'> {
  const line = wake.lines[thread]!;
  const slot = line.get(LINE.slot);
  const seat = line.get(LINE.seat);
  const task = watched.get(slot);
  const nowhere = { thread, slot: 0, generation: 0, step: -1, progress: [] };
  if (!task) return { ...nowhere, slot };
  const step = Atomics.load(task.words, WORD.step + seat) - 1;
  if (step < -1 || (step < 0 && seat > 0)) return nowhere;
  const generation = Atomics.load(task.words, WORD.generation);
  const progress = task.progress.map((seats) => (seats[seat] ? Atomics.load(seats[seat], 0) : -1));
  return { thread, slot, generation, step, progress };
}

function note(place: Omit<FoundPlace, 'looks' | 'lateBlocks'>, looks: number, lateBlocks: number): void {
  const key = `${place.slot} ${place.thread} ${place.generation} ${place.step} ${place.progress}`;
  const known = found.get(key);
  if (known) {
    known.looks += looks;
    known.lateBlocks += lateBlocks;
  } else found.set(key, { ...place, looks, lateBlocks });
}

/** Whom threads that were late since the last look are busy with. Returns whether there were any. */
function lookAtLate(): boolean {
  let isLate = false;
  wake.lines.forEach((line, thread) => {
    const late = line.get(LINE.late);
    if (late === lateBefore[thread]) return;
    note(placeOf(thread), 0, late - lateBefore[thread]!);
    lateBefore[thread] = late;
    isLate = true;
  });
  return isLate;
}

/** What is in progress; ends threads that are stuck. */
function look(now: number): void {
  for (const entry of workers.values()) {
    const { thread, worker } = entry;
    if (thread === undefined || entry.isWedged) continue;
    const line = wake.lines[thread]!;
    const place = placeOf(thread);
    if (place.slot !== 0) note(place, 1, 0);
    const visit =
      place.slot === 0 ? '' : `${line.get(LINE.begun)} ${line.get(LINE.steps)} ${place.step} ${place.progress}`;
    if (!judges[thread]!.isWedged(visit, now, () => threadCpuMs(line.get(LINE.tid)))) continue;
    entry.isWedged = true;
    void worker.terminate();
  }
}

parentPort!.on('message', (order: WatchdogOrder) => {
  orderedAt = performance.now();
  if (order.type === 'spawn') spawn(order);
  else if (order.type === 'seat') {
    judges[order.thread]!.forget();
    const entry = workers.get(order.worker);
    if (entry) entry.thread = order.thread;
  } else if (order.type === 'watch')
    watched.set(order.slot, {
      words: new TaskShared(order.shared).words,
      progress: order.progress.map(({ memory, at }) => at.map((word) => new Int32Array(memory.buffer, word, 1))),
    });
  else if (order.type === 'unwatch') watched.delete(order.slot);
  else void end();
});

/** Whether no message is expected. */
function canBlock(now: number): boolean {
  if (watched.size === 0 || now - openAt > BLOCKED_MS || now - orderedAt < ORDERS_MS) return false;
  for (const { isWedged } of workers.values()) if (isWedged) return false; // it is about to end
  return true;
}

async function end(): Promise<void> {
  await Promise.all([...workers.values()].map(({ worker }) => worker.terminate()));
  process.exit(0);
}

tell({ type: 'up', scheduling: raisePriority(WATCHDOG_PRIORITY) });
let toldAt = performance.now();
let openAt = toldAt;
let nextLookAt = 0;
let lateAt = Number.NEGATIVE_INFINITY;
while (!wake.isStopped()) {
  const alarms = wake.alarms();
  const now = performance.now();
  if (lookAtLate()) lateAt = now;
  if (now >= nextLookAt) {
    look(now);
    nextLookAt = now + lookMs * (1 + Math.random()); // never in step with the blocks
  }
  if (found.size > 0 && now - toldAt > TELL_MS) {
    tell({ type: 'places', places: [...found.values()] });
    found.clear();
    toldAt = now;
  }
  const restMs = lateAt + LATE_MS - performance.now();
  const leftMs = watched.size > 0 ? Math.max(0.1, nextLookAt - performance.now()) : IDLE_MS;
  if (restMs <= 1 && canBlock(now)) wake.awaitAlarm(alarms, leftMs);
  else {
    await (restMs > 1 ? sleep(restMs) : wake.alarm(alarms, leftMs));
    openAt = performance.now();
  }
}
