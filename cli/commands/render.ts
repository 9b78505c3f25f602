import { mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import {
  AudioCloudError,
  check,
  type ExportedFiles,
  type ExportOutput,
  type LoudnessLink,
  OUTPUT_FORMAT_FACTS,
  ParameterChange,
  settleOutput,
  Task,
} from '@audiocloud/api';
import {
  nameSinks,
  OfflineRender,
  openTaskSounds,
  pathsOfMedia,
  type RenderEvent,
  type RenderFacts,
  writeExport,
} from '@audiocloud/engine';
import { Command } from 'commander';
import { Type } from 'typebox';
import { renderRealtime } from '../devices/render-realtime.ts';
import { collect, dataFolder, seconds, wholeNumber } from '../flags.ts';
import { openRegistry } from '../open-registry.ts';
import { formatOf, type OutputFlags, soundOutput, withOutputFlags } from '../output-flags.ts';
import { progressBar } from '../progress-bar.ts';
import { readJson } from '../read-json.ts';
import { untilStopped } from '../stop-signals.ts';
import { bitsText, warningsOf, writtenText } from '../written-text.ts';

interface RenderFlags extends OutputFlags {
  out?: string;
  stems?: string;
  sampleRate?: number;
  block?: number;
  threads?: number;
  from: number;
  to?: number;
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

/** `audiocloud render`: a task to files, faster than real time, or in real time through hardware. */
export function renderCommand(): Command {
  const command = new Command('render')
    .description(
      'Renders a task to a file, faster than real time: the same task gives the same bytes. With --realtime it is played, and hardware takes part.',
    )
    .argument('<task>', 'JSON file with the task; media paths are taken from its folder')
    .option('-o, --out <file>', 'the file to write: .wav, .flac, .mp3 or .opus')
    .option(
      '--stems <folder>',
      'writes each sink to a file of its name there, as wav if --format or --out says nothing else; with --loudness all get one gain, so that they still add up',
    )
    .option('--sample-rate <hz>', "at which the task is rendered; default: the task's", wholeNumber(8000, 192000))
    .option(
      '--block <frames>',
      'frames rendered at a time, default: 128; changes nothing audible',
      wholeNumber(1, 8192),
    )
    .option('--threads <count>', 'threads that may render; default: all cores. Changes no byte', wholeNumber(1, 16))
    .option('--from <seconds>', 'first place on the timeline; instances begin there as new', seconds, 0)
    .option('--to <seconds>', "last place; default: the task's end, with tails", seconds)
    .option('--sink <name>', 'which sink --out is; default: the first')
    .option(
      '--guard',
      'with the output guard of the sink, as it is streamed; default: the file holds what the task gives',
    )
    .option('--events <file>', 'JSON list of { frame, instance, parameter, index?, value } to apply while rendering')
    .option('--plugins <folder>', 'a plugin package, or a folder of them; may be given again', collect, [])
    .option('--realtime', 'as the device plays it, through the fixed instances of the rack; at the rate of the device')
    .option('--data <folder>', 'with --realtime: data folder of the rack', dataFolder());
  return withOutputFlags(command)
    .option('--json', 'print one line of JSON instead of text')
    .option('--quiet', 'no progress bar')
    .addHelpText(
      'after',
      '\nExamples:\n  audiocloud render examples/tasks/example.json --out example.wav --bits 16\n  audiocloud render song.json --out song.flac --stems stems --loudness -14 --tag title=Song\n  audiocloud render song.json --out song.wav --realtime --data ./data\n\nFiles and formats: docs/sound-files.md. Sound through hardware: docs/sound-loop.md',
    )
    .action(render);
}

async function render(path: string, flags: RenderFlags, command: Command): Promise<void> {
  if (flags.out === undefined && flags.stems === undefined)
    return command.error("error: required option '-o, --out <file>' not specified; or give --stems");
  const task = check(Task, readJson(path, 'task', 'TASK_INVALID'), `task ${path}`, 'TASK_INVALID');
  const events: RenderEvent[] = flags.events
    ? check(Events, readJson(flags.events, 'events', 'REQUEST_INVALID'), `events ${flags.events}`, 'REQUEST_INVALID')
    : [];
  refuseBesideRealtime(flags);
  const inputs = [path, ...Object.values(task.media ?? {}).map((one) => resolve(dirname(path), one.path))];
  refuseToReplace(flags.out, inputs);
  const registry = openRegistry(flags.plugins);
  const { outputs, sinks } = nameSinks(outputsOf(task, flags), task);
  for (const output of outputs) refuseToReplace(output.path, inputs);
  if (flags.stems !== undefined) mkdirSync(flags.stems, { recursive: true });
  const bar = progressBar('rendering', flags);
  const begun = performance.now();
  const { made, facts } = await untilStopped(async (signal) => {
    const folder = dirname(resolve(path));
    const common = {
      task,
      fromSeconds: flags.from,
      signal,
      isGuarded: flags.guard ?? false,
      ...(flags.to === undefined ? {} : { toSeconds: flags.to }),
      ...(sinks.length === 0 ? {} : { sinks }),
    };
    const options = { outputs, signal, loudnessLink: linkOf(flags), onProgress: bar.update };
    if (flags.realtime) {
      const place = { folder, dataDir: resolve(flags.data), plugins: flags.plugins };
      return renderRealtime({ ...common, ...place }, options);
    }
    refuseHardware(path, task);
    const sampleRate = flags.sampleRate ?? task.sampleRate;
    const media = await openTaskSounds(task, pathsOfMedia(task, folder), { sampleRate, signal });
    const job = OfflineRender.start({
      ...common,
      media,
      registry,
      events,
      sampleRate,
      blockFrames: flags.block ?? 128,
      ...(flags.threads === undefined ? {} : { threads: flags.threads }),
    });
    const written = await writeExport({ ...job.facts, pieces: () => job.pieces() }, options);
    const failed = Object.values(job.state.instances).flatMap(({ error }) => (error ? [error] : []));
    const { latencyFrames } = job.facts;
    return { made: { outputs: written, latencyFrames, failed } as ExportedFiles, facts: job.facts };
  }).finally(bar.stop);
  report(flags, outputs, made, facts, (performance.now() - begun) / 1000);
}

/** Stems get the gain of the file that they make together. */
function linkOf({ out, stems }: RenderFlags): LoudnessLink {
  if (stems === undefined) return 'each';
  return out === undefined ? 'sum' : 'first';
}

/** The files that the flags ask for. */
function outputsOf(task: Task, flags: RenderFlags): ExportOutput[] {
  const outputs: ExportOutput[] = [];
  if (flags.out !== undefined)
    outputs.push({
      ...soundOutput(formatOf(flags.out, flags), flags),
      path: resolve(flags.out),
      ...(flags.sink === undefined ? {} : { sink: flags.sink }),
    });
  if (flags.stems === undefined) return outputs;
  const format = outputs[0]?.format ?? flags.format ?? 'wav';
  for (const sink of Object.keys(task.sinks ?? {})) {
    const path = resolve(join(flags.stems, `${sink}${OUTPUT_FORMAT_FACTS[format].extension}`));
    outputs.push({ ...soundOutput(format, flags), path, sink });
  }
  return outputs;
}

/** Throws REQUEST_INVALID when the file to write is one of those that are read. */
function refuseToReplace(out: string | undefined, inputs: readonly string[]): void {
  const input = out !== undefined && inputs.find((one) => resolve(one) === resolve(out));
  if (input)
    throw new AudioCloudError(
      'REQUEST_INVALID',
      `Cannot write ${out}: the render reads that file; give another name with --out`,
      { path: resolve(out) },
    );
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

interface Outcome {
  out: string;
  sampleRate: number;
  channels: number;
  frames: number;
  latencyFrames: number;
  bits?: string;
  clippedSamples: number;
  peak: number;
  seconds: number;
  failed: string[];
  /** In real time. */
  missedBlocks?: number;
  /** All of them; what stands above is of the first. */
  files: ExportedFiles['outputs'];
}

function report(
  flags: RenderFlags,
  outputs: readonly ExportOutput[],
  { outputs: files, failed, latencyFrames, missedBlocks }: ExportedFiles,
  rendered: RenderFacts,
  seconds: number,
): void {
  if (failed.length > 0 || missedBlocks) process.exitCode = 1;
  const settled = files.map(({ channels }, i) =>
    settleOutput(outputs[i]!, { sampleRate: rendered.sampleRate, channels }),
  );
  const { path, sampleRate, channels, frames, clippedSamples, peak } = files[0]!;
  const { depth } = settled[0]!;
  const messages = failed.map(({ message }) => message);
  if (flags.json) {
    const outcome: Outcome = {
      out: path,
      sampleRate,
      channels,
      frames,
      latencyFrames,
      ...(depth === undefined ? {} : { bits: bitsText(depth) }),
      clippedSamples,
      peak,
      seconds,
      failed: messages,
      ...(missedBlocks === undefined ? {} : { missedBlocks }),
      files,
    };
    console.log(JSON.stringify(outcome));
    return;
  }
  const speed = `in ${seconds.toFixed(2)} s (${(frames / sampleRate / seconds).toFixed(0)} x real time)`;
  files.forEach((file, i) => {
    const text = writtenText(file, settled[i]!.depth, settled[i]!.bitRate);
    console.log(`${file.path}: ${text}${i === 0 ? `, ${speed}` : ''}`);
    for (const warning of warningsOf(file))
      console.error(`warning: ${files.length > 1 ? `${file.path}: ` : ''}${warning}`);
  });
  if (missedBlocks)
    console.error(
      `warning: ${missedBlocks} blocks were missed, so the hardware heard gaps; render again with less to do`,
    );
  for (const message of messages) console.error(`warning: ${message}`);
}
