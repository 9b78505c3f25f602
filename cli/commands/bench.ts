import { dirname, resolve } from 'node:path';
import { check, Task } from '@audiocloud/api';
import { measureTask, openTaskMedia, optimiseWasm, type TaskMeasure } from '@audiocloud/engine';
import { SingleBar } from 'cli-progress';
import { Command } from 'commander';
import { collect, wholeNumber } from '../flags.ts';
import { openRegistry } from '../open-registry.ts';
import { readJson } from '../read-json.ts';

interface BenchFlags {
  sampleRate?: number;
  block: number;
  seconds: number;
  plugins: string[];
  json?: boolean;
  quiet?: boolean;
}

/** The dearest instances that the table names one by one. */
const SHOWN = 15;

/** `audiocloud bench`: what a task costs on this machine. */
export function benchCommand(): Command {
  return new Command('bench')
    .description(
      'Plays a task as fast as one render thread can, and says what it costs on this machine: load of a core, times of blocks, and the share of each instance.',
    )
    .argument('<task>', 'JSON file with the task; media paths are taken from its folder')
    .option('--sample-rate <hz>', "default: the task's", wholeNumber(8000, 192000))
    .option('--block <frames>', 'frames rendered at a time', wholeNumber(1, 8192), 128)
    .option('--seconds <seconds>', 'time to spend on measuring', wholeNumber(1, 3600), 5)
    .option('--plugins <folder>', 'a plugin package, or a folder of them; may be given again', collect, [])
    .option('--json', 'print one line of JSON instead of a table')
    .option('--quiet', 'no progress bar')
    .addHelpText(
      'after',
      '\nThe load is the part of one core that the task takes while it plays; below about 0.7 there is room for what else a machine does.\nClose other programs: they make the slowest blocks slower.\n\nExample:\n  audiocloud bench examples/tasks/example.json --block 64',
    )
    .action(bench);
}

async function bench(path: string, flags: BenchFlags): Promise<void> {
  const task = check(Task, readJson(path, 'task', 'TASK_INVALID'), `task ${path}`, 'TASK_INVALID');
  const sampleRate = flags.sampleRate ?? task.sampleRate;
  optimiseWasm(); // what is measured is the code that plays
  const registry = openRegistry(flags.plugins);
  const stop = new AbortController();
  const onStop = () => stop.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, onStop);
  const media = await openTaskMedia(task, { folder: dirname(resolve(path)), sampleRate, signal: stop.signal });
  const isShown = process.stderr.isTTY && !flags.quiet && !flags.json;
  const bar = isShown ? new SingleBar({ format: 'measuring {bar} {percentage} %', hideCursor: true }) : undefined;
  bar?.start(100, 0);
  try {
    const measure = await measureTask({
      task,
      media,
      registry,
      sampleRate,
      blockFrames: flags.block,
      seconds: flags.seconds,
      signal: stop.signal,
      onProgress: (part) => bar?.update(Math.round(part * 100)),
    });
    bar?.stop();
    if (measure.failed.length > 0) process.exitCode = 1;
    if (flags.json) console.log(JSON.stringify(measure));
    else print(measure);
  } finally {
    bar?.stop();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, onStop);
  }
}

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
const microseconds = (ms: number) => `${(1000 * ms).toFixed(1)} us`;

function print(measure: TaskMeasure): void {
  const { blockMs, blockFrames, sampleRate, load, latencyFrames, hostLoad, instances, failed } = measure;
  const lasts = (1000 * blockFrames) / sampleRate;
  const lines: [string, string][] = [
    ['load of one core', percent(load)],
    ['real time', `${(1 / load).toFixed(1)} x`],
    ['a block', `${blockFrames} frames at ${sampleRate} Hz last ${microseconds(lasts)}`],
    [
      'its time',
      `mean ${microseconds(blockMs.mean)}, p50 ${microseconds(blockMs.p50)}, p99 ${microseconds(blockMs.p99)}, max ${microseconds(blockMs.max)}`,
    ],
    ['latency', `${latencyFrames} frames, ${((1000 * latencyFrames) / sampleRate).toFixed(2)} ms`],
    ['loaded in', `${measure.loadMs.toFixed(1)} ms`],
    ['memory', `${(measure.memoryBytes / 1024).toFixed(0)} KiB, media excluded`],
    ['measured', `${measure.blocks} blocks`],
  ];
  for (const [name, value] of lines) console.log(`${name.padEnd(18)}${value}`);
  console.log('\nwhere the load is (sampled):');
  console.log(
    `  ${percent(hostLoad).padStart(9)}  ${bar(hostLoad / (instances[0]?.load || 1))}  the engine itself: tracks, mixing, sinks`,
  );
  for (const { name, model, load } of instances.slice(0, SHOWN))
    console.log(`  ${percent(load).padStart(9)}  ${bar(load / (instances[0]!.load || 1))}  ${name} (${model})`);
  if (instances.length > SHOWN) console.log(`  and ${instances.length - SHOWN} more, each cheaper`);
  for (const message of failed) console.error(`warning: ${message}`);
}

/** A part of the dearest instance, as ten places. */
const bar = (part: number) => '#'.repeat(Math.min(10, Math.round(part * 10))).padEnd(10, '.');
