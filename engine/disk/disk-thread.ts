import os from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { threadId } from '../thread/priority.ts';
import { DISK_COUNT, type DiskLetter, type DiskNote, type DiskThreadData } from './disk-letter.ts';
import { type MissingPage, TaskFiller } from './task-filler.ts';

/*
 * The disk thread: reads ahead of the playheads of all tasks, what is due first first. It looks at the playheads 100 times a
 * second; nothing on the render threads waits for it.
 */
const TURN_MS = 10;
/** Files are looked at for changes. */
const LOOK_MS = 500;
/** It listens after so long, however much is to be read. */
const LONGEST_MS = 10;
/** Before what has no hurry, behind what plays. */
const NICE = -5;

const port = parentPort!;
const { aheadSeconds, counts } = workerData as DiskThreadData;
const counted = new Float64Array(counts);
const tasks = new Map<number, TaskFiller>();
let timer: NodeJS.Timeout | undefined;
let isDue = false;
let lookedAt = 0;

const say = (note: DiskNote): void => port.postMessage(note);
const now = (): number => performance.now() / 1000;

function act(letter: DiskLetter): void {
  if (letter.type === 'update') {
    const { key } = letter.spec;
    const task = tasks.get(key);
    if (task) task.update(letter.spec);
    else
      tasks.set(
        key,
        new TaskFiller(letter.spec, aheadSeconds, (path, error) => say({ type: 'trouble', key, path, error })),
      );
  } else if (letter.type === 'forget') {
    tasks.get(letter.key)?.close();
    tasks.delete(letter.key);
  } else {
    const { question } = letter;
    const answer = () => say({ type: 'near', question });
    const task = tasks.get(letter.key);
    if (task) task.ask(letter.positionFrame, now(), answer);
    else answer();
  }
}

/** Reads for a while; returns whether there is more to read. */
function turn(): boolean {
  const began = now();
  const missing: MissingPage[] = [];
  for (const task of tasks.values()) missing.push(...task.missing(began));
  missing.sort((a, b) => a.dueSeconds - b.dueSeconds);
  const wanted = new Set(missing.map(nameOf));
  let isAnyRead = false;
  for (const [n, page] of missing.entries()) {
    const { task } = page;
    const bytes = task.fill(page, began, (next) => wanted.has(nameOf({ ...page, page: next })));
    if (bytes > 0) {
      isAnyRead = true;
      counted[DISK_COUNT.bytes]! += bytes;
      counted[DISK_COUNT.reads]! += 1;
    }
    if ((now() - began) * 1000 > LONGEST_MS && n + 1 < missing.length) break;
  }
  for (const task of tasks.values()) task.answer(began);
  if ((began - lookedAt) * 1000 > LOOK_MS) {
    lookedAt = began;
    for (const task of tasks.values()) task.look(began);
  }
  return isAnyRead;
}

const nameOf = ({ task, store, page }: MissingPage): string => `${task.key} ${store} ${page}`;

/** Has `turn` called soon, and again as long as there is anything to do. */
function arrange(): void {
  if (isDue) return;
  isDue = true;
  setImmediate(() => {
    isDue = false;
    clearTimeout(timer);
    if (tasks.size === 0) return;
    if (turn()) arrange();
    else timer = setTimeout(arrange, TURN_MS);
  });
}

const tid = threadId();
try {
  if (tid) os.setPriority(tid, NICE);
} catch {
  // a right that plain users do not have
}
port.on('message', (letter: DiskLetter) => {
  act(letter);
  arrange();
});
