import { dirname, resolve } from 'node:path';
import { AudioCloudError, check, ParameterChange, Task } from '@audiocloud/api';
import {
  createWavWriter,
  OfflineRender,
  openTaskSounds,
  pathsOfMedia,
  RealtimeRender,
  type RenderEvent,
  type WavBits,
} from '@audiocloud/engine';
import { SingleBar } from 'cli-progress';
import { Command, Option } from 'commander';
import { Type } from 'typebox';
import { readJson } from '../read-json.ts';
import { renderRealtime } from '../devices/render-realtime.ts';
import { collect, dataFolder, seconds, wholeNumber } from '../flags.ts';
import { openRegistry } from '../open-registry.ts';

interface RenderFlags {
  out: string;
  sampleRate?: number;
  block?: number;
  threads?: number;
  from: number;
  to?: number;
  bits: WavBits;
  sink?: string;
  guard?: boolean;
  events?: string;
  plugins: string[];
  realtime?: boolean;
  data: string;
  json?: boolean;
  quiet?: boolean;
}

const Events = Type.Array(
  Type.Object({ frame: Type.Integer({ minimum: 0 }), ...ParameterChange.properties }, { additionalProperties: false }),
  { maxItems: 1_000_000 },
);

/** Any of them ends the render in order: nothing half written stays. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** `audiocloud render`: a task to a WAV file, faster than real time, or in real time through hardware. */
export function renderCommand(): Command {
  return new Command('render')
    .description(
      'Renders a task to a WAV file, faster than real time: the same task gives the same bytes. With --realtime it is played, and hardware takes part.',
    )
    .argument('<task>', 'JSON file with the task; media paths are taken from its folder')
    .requiredOption('-o, --out <file>', 'the WAV file to write')
    .option('--sample-rate <hz>', "default: the task's", wholeNumber(8000, 192000))
    .option(
      '--block <frames>',
      'frames rendered at a time, default: 128; changes nothing audible',
      wholeNumber(1, 8192),
    )
    .option('--threads <count>', 'threads that may render; default: all cores. Changes no byte', wholeNumber(1, 16))
    .option('--from <seconds>', 'first place on the timeline; instances begin there as new', seconds, 0)
    .option('--to <seconds>', "last place; default: the task's end, with tails", seconds)
    .addOption(
      new Option('--bits <bits>', 'sample format; 16 and 24 are dithered').choices(['16', '24', '32f']).default('24'),
    )
    .option('--sink <name>', 'which sink to write; default: the first')
    .option(
      '--guard',
      'with the output guard of the sink, as it is streamed; default: the file holds what the task gives',
    )
    .option('--events <file>', 'JSON list of { frame, instance, parameter, index?, value } to apply while rendering')
    .option('--plugins <folder>', 'a plugin package, or a folder of them; may be given again', collect, [])
    .option('--realtime', 'as the device plays it, through the fixed instances of the rack; at the rate of the device')
    .option('--data <folder>', 'with --realtime: data folder of the rack', dataFolder())
    .option('--json', 'print one line of JSON instead of text')
    .option('--quiet', 'no progress bar')
    .addHelpText(
      'after',
      '\nExample:\n  audiocloud render examples/tasks/example.json --out example.wav --bits 16\n  audiocloud render song.json --out song.wav --realtime --data ./data\n\nSound through hardware: docs/sound-loop.md',
    )
    .action(render);
}

async function render(path: string, flags: RenderFlags): Promise<void> {
  const task = check(Task, readJson(path, 'task', 'TASK_INVALID'), `task ${path}`, 'TASK_INVALID');
  const events: RenderEvent[] = flags.events
    ? check(Events, readJson(flags.events, 'events', 'REQUEST_INVALID'), `events ${flags.events}`, 'REQUEST_INVALID')
    : [];
  refuseBesideRealtime(flags);
  const registry = openRegistry(flags.plugins);
  refuseToReplace(flags.out, [path, ...Object.values(task.media ?? {}).map((one) => resolve(dirname(path), one.path))]);
  const stop = new AbortController();
  const onStop = () => stop.abort();
  for (const signal of STOP_SIGNALS) process.on(signal, onStop);
  try {
    const folder = dirname(resolve(path));
    const bar = progressBar(flags);
    const common = {
      task,
      fromSeconds: flags.from,
      signal: stop.signal,
      onProgress: (done: number) => bar?.update(done),
      isGuarded: flags.guard ?? false,
      ...(flags.to === undefined ? {} : { toSeconds: flags.to }),
      ...(flags.sink === undefined ? {} : { sink: flags.sink }),
    };
    const to = { ...flags, out: resolve(flags.out) };
    if (flags.realtime)
      return await renderRealtime({ ...common, folder, dataDir: resolve(flags.data), plugins: flags.plugins }, (job) =>
        write(to, job, bar),
      );
    refuseHardware(path, task);
    const sampleRate = flags.sampleRate ?? task.sampleRate;
    const media = await openTaskSounds(task, pathsOfMedia(task, folder), { sampleRate, signal: stop.signal });
    await write(
      to,
      OfflineRender.start({
        ...common,
        media,
        registry,
        events,
        sampleRate,
        blockFrames: flags.block ?? 128,
        ...(flags.threads === undefined ? {} : { threads: flags.threads }),
      }),
      bar,
    );
  } finally {
    for (const signal of STOP_SIGNALS) process.removeListener(signal, onStop);
  }
}

/** Throws REQUEST_INVALID when the file to write is one of those that are read. */
function refuseToReplace(out: string, inputs: readonly string[]): void {
  const input = inputs.find((one) => resolve(one) === resolve(out));
  if (input)
    throw new AudioCloudError(
      'REQUEST_INVALID',
      `Cannot write ${out}: the render reads that file; give another name with --out`,
      { path: resolve(out) },
    );
}

/** For a person who waits at a terminal; nothing of it goes into files and pipes. */
function progressBar(flags: RenderFlags): SingleBar | undefined {
  if (!process.stderr.isTTY || flags.quiet || flags.json) return undefined;
  return new SingleBar({
    format: 'rendering {bar} {percentage} %, {eta_formatted} left',
    hideCursor: true,
    stream: process.stderr,
  });
}

/** What a render in real time cannot do is refused, not passed over. */
function refuseBesideRealtime({ realtime, threads, sampleRate, block, events }: RenderFlags): void {
  if (!realtime) return;
  const refused = { '--threads': threads, '--sample-rate': sampleRate, '--block': block, '--events': events };
  const given = Object.entries(refused).find(([, value]) => value !== undefined);
  if (given)
    throw new AudioCloudError(
      'REQUEST_INVALID',
      `Cannot render in real time with ${given[0]}: the device says how it is played; leave it out`,
    );
}

/** Hardware is as fast as it is. Throws REQUEST_INVALID for a task that has some. */
function refuseHardware(path: string, task: Task): void {
  const [found] = Object.entries(task.instances ?? {}).filter(([, { fixed }]) => fixed !== undefined);
  if (found)
    throw new AudioCloudError(
      'REQUEST_INVALID',
      `Cannot render ${path} faster than real time: its instance '${found[0]}' is hardware (${found[1].model}); add --realtime`,
      { instance: found[0] },
    );
}

async function write(
  flags: RenderFlags,
  job: OfflineRender | RealtimeRender,
  bar: SingleBar | undefined,
): Promise<void> {
  const { sampleRate, channels, frames, latencyFrames } = job.facts;
  const begun = performance.now();
  const writer = await createWavWriter(flags.out, { sampleRate, channels, bits: flags.bits });
  bar?.start(frames, 0);
  let peak = 0;
  try {
    for await (const { planes, frames: count } of job.pieces()) {
      for (const plane of planes) for (let i = 0; i < count; i++) peak = Math.max(peak, Math.abs(plane[i]!));
      await writer.write(planes, count);
    }
    const { clippedSamples } = await writer.close();
    bar?.stop();
    report(flags, {
      out: flags.out,
      sampleRate,
      channels,
      frames,
      latencyFrames,
      bits: flags.bits,
      clippedSamples,
      peak,
      seconds: (performance.now() - begun) / 1000,
      failed: failures(job),
      ...(job instanceof RealtimeRender ? { missedBlocks: job.missedBlocks } : {}),
    });
  } catch (error) {
    bar?.stop();
    await writer.cancel();
    throw error;
  }
}

interface Outcome {
  out: string;
  sampleRate: number;
  channels: number;
  frames: number;
  latencyFrames: number;
  bits: string;
  clippedSamples: number;
  peak: number;
  seconds: number;
  failed: string[];
  /** In real time. */
  missedBlocks?: number;
}

/** What became of instances that failed while rendering; the file is there, without their sound. */
function failures(job: OfflineRender | RealtimeRender): string[] {
  return Object.values(job.state.instances).flatMap(({ error }) => (error ? [error.message] : []));
}

function report(flags: RenderFlags, outcome: Outcome): void {
  if (outcome.failed.length || outcome.missedBlocks) process.exitCode = 1;
  if (flags.json) {
    console.log(JSON.stringify(outcome));
    return;
  }
  const length = outcome.frames / outcome.sampleRate;
  const level = outcome.peak > 0 ? `${(20 * Math.log10(outcome.peak)).toFixed(1)} dBFS` : 'silent';
  console.log(
    `${outcome.out}: ${length.toFixed(2)} s, ${outcome.channels} channels, ${outcome.sampleRate} Hz, ${outcome.bits} bits, peak ${level}, in ${outcome.seconds.toFixed(2)} s (${(length / outcome.seconds).toFixed(0)} x real time)`,
  );
  if (outcome.clippedSamples > 0)
    console.error(
      `warning: ${outcome.clippedSamples} samples were beyond full scale and are cut; lower the level or use --bits 32f`,
    );
  if (outcome.missedBlocks)
    console.error(
      `warning: ${outcome.missedBlocks} blocks were missed, so the hardware heard gaps; render again with less to do`,
    );
  for (const message of outcome.failed) console.error(`warning: ${message}`);
}
