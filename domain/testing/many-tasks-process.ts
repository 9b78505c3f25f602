import { dirname, join } from 'node:path';
import type { Task } from '@audiocloud/api';
import { pino } from 'pino';
import type { Clock } from '../clock/clock.ts';
import { systemClock } from '../clock/clock.ts';
import { openCore } from '../core.ts';
import { exportFolder } from '../exports/export-folder.ts';
import { putFile } from '../exports/put-file.ts';
import { contentFolder } from '../media/content-folder.ts';
import { mediaSources } from '../media/media-sources.ts';
import { pathSources } from '../media/path-sources.ts';
import { MAIN_APPLICATION } from '../permissions/principal.ts';
import { systemRandomBytes } from '../random/random-bytes.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { taskKey } from '../tasks/task-address.ts';
import { PREAMP_MODEL, SimulatedRack } from './simulated-rack.ts';

/*
 * Fills a store in a file with tasks, opens a core on it, and says what they cost: node --expose-gc, then file, stored tasks,
 * active ones. Prints one line of JSON.
 */
export interface TaskCosts {
  /** Bytes of the JSON of one task. */
  taskBytes: number;
  heapBytesPerStored: number;
  heapBytesPerActive: number;
  /** Of the core, with an empty store, with all tasks stored, and with some of them active. */
  timers: { empty: number; stored: number; active: number };
  startMs: number;
  listMs: number;
  activateMs: number;
}

const [file, stored, active] = [process.argv[2]!, Number(process.argv[3]), Number(process.argv[4])];

/** A task as a client writes one: 60 instances with values, in a row. */
function taskOf(number: number): Task {
  const names = Array.from({ length: 60 }, (_, i) => `strip${i}`);
  return {
    name: `Session ${number}`,
    sampleRate: 48_000,
    instances: Object.fromEntries(
      names.map((name, i) => [name, { model: PREAMP_MODEL.id, parameters: { gainDb: (number + i) % 60, trimDb: 1 } }]),
    ),
  };
}

/** Counts the timers that wait. */
function counting(clock: Clock) {
  let timers = 0;
  const counted: Clock = {
    ...clock,
    after(ms, call) {
      let isOpen = true;
      timers += 1;
      const end = () => {
        if (isOpen) timers -= 1;
        isOpen = false;
      };
      const cancel = clock.after(ms, () => {
        end();
        call();
      });
      return () => {
        end();
        cancel();
      };
    },
    every(ms, call) {
      timers += 1;
      const cancel = clock.every(ms, call);
      return () => {
        timers -= 1;
        cancel();
      };
    },
  };
  return { clock: counted, timers: () => timers };
}

const heapBytes = (): number => {
  for (let i = 0; i < 4; i++) globalThis.gc!();
  return process.memoryUsage().heapUsed;
};

async function open() {
  const store = openSqliteStore(file);
  const { clock, timers } = counting(systemClock);
  const engine = new SimulatedRack(clock, [], false);
  engine.start();
  const core = await openCore({
    store,
    clock,
    engine,
    logger: pino({ level: 'silent' }) as never,
    mediaPaths: async () => ({}),
    mediaDisk: {
      sources: mediaSources({ path: pathSources([]) }),
      content: contentFolder(join(dirname(file), 'imported')),
    },
    exports: { disk: exportFolder(join(dirname(file), 'exports')), putFile },
    randomBytes: systemRandomBytes,
    postWebhook: async () => 204,
    allowsPrivateWebhooks: false,
  });
  await core.resume();
  const close = async () => {
    await core.close();
    await store.close();
  };
  return { core, store, timers, close };
}

const empty = await open();
const emptyTimers = empty.timers();
const emptyHeap = heapBytes();
await empty.close();

const filling = openSqliteStore(file);
for (let at = 0; at < stored; at += 500)
  await filling.write(
    Array.from({ length: Math.min(500, stored - at) }, (_, i) => ({
      key: taskKey({ application: MAIN_APPLICATION, id: `task-${at + i}` }),
      value: { revision: 1, graph: taskOf(at + i), isPlaying: false, positionSeconds: 0 },
    })),
  );
await filling.close();

let sinceMs = performance.now();
const full = await open();
const startMs = performance.now() - sinceMs;
const storedTimers = full.timers();
const storedHeap = heapBytes();
const tasks = full.core.tasks.of(MAIN_APPLICATION);
sinceMs = performance.now();
await tasks.list();
const listMs = performance.now() - sinceMs;
sinceMs = performance.now();
for (let i = 0; i < active; i++) await (await tasks.active(`task-${i}`)).transport({ play: true });
const activateMs = performance.now() - sinceMs;
await new Promise((resolve) => setTimeout(resolve, 300));
const activeTimers = full.timers();
const costs: TaskCosts = {
  taskBytes: JSON.stringify(taskOf(0)).length,
  heapBytesPerStored: (storedHeap - emptyHeap) / stored,
  heapBytesPerActive: (heapBytes() - storedHeap) / active,
  timers: { empty: emptyTimers, stored: storedTimers, active: activeTimers },
  startMs,
  listMs,
  activateMs,
};
await full.close();
process.stdout.write(`${JSON.stringify(costs)}\n`);
