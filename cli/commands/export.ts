import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { AudioCloudError, type Export, OUTPUT_FORMAT_FACTS, OUTPUT_FORMATS, type OutputFormat } from '@audiocloud/api';
import { AudioCloudClient } from '@audiocloud/client';
import { SingleBar } from 'cli-progress';
import { Command, Option } from 'commander';
import { collect, seconds, tokenOption } from '../flags.ts';

interface ExportFlags {
  url: string;
  token?: string;
  json?: boolean;
  out: string;
  format: OutputFormat;
  sink: string[];
  from?: number;
  to?: number;
  realtime?: boolean;
  wait: boolean;
}

/** `audiocloud export`: files of a task of a running domain. */
export function exportCommand(): Command {
  return new Command('export')
    .description('Has a running domain make files of a task, follows that, and fetches them.')
    .argument('<task>', 'id of the task')
    .option('-o, --out <folder>', 'where the files go', '.')
    .addOption(new Option('--format <format>', 'of the files').choices([...OUTPUT_FORMATS]).default('wav'))
    .option('--sink <name>', 'a sink, which becomes a file; may be given again. Default: the first', collect, [])
    .option('--from <seconds>', 'first place on the timeline', seconds)
    .option('--to <seconds>', "last place; default: the task's end, with tails", seconds)
    .option('--realtime', 'played once through its hardware, and recorded')
    .option('--no-wait', 'print the export as it is acknowledged, and fetch nothing')
    .option('--url <address>', 'address of the domain', `http://127.0.0.1:${process.env['AUDIOCLOUD_PORT'] ?? 7700}`)
    .option('--token <text>', 'an API key or a token; else AUDIOCLOUD_TOKEN')
    .option('--json', 'print lines of JSON')
    .addHelpText(
      'after',
      '\nExample:\n  audiocloud export mix --format flac --sink drums --sink voices --out stems\n\nThe guide: docs/exports.md',
    )
    .action(run);
}

async function run(task: string, flags: ExportFlags): Promise<void> {
  const { exports } = new AudioCloudClient(flags.url, tokenOption(flags.token));
  const { format, sink, from: fromSeconds, to: toSeconds, realtime, wait, json } = flags;
  const begun = await exports.create({
    task,
    outputs: (sink.length > 0 ? sink : [undefined]).map((name) => ({
      format,
      ...(name === undefined ? {} : { sink: name }),
    })),
    mode: realtime ? 'real-time' : 'offline',
    ...(fromSeconds === undefined ? {} : { fromSeconds }),
    ...(toSeconds === undefined ? {} : { toSeconds }),
  });
  if (!wait) {
    console.log(json ? JSON.stringify(begun) : begun.id);
    return;
  }
  const bar = progressBar(flags);
  bar?.start(1, 0);
  const stop = () => void exports.delete(begun.id).catch(() => undefined);
  process.once('SIGINT', stop);
  try {
    const done = await exports.ended(begun.id, ({ frames, ofFrames }) => {
      if (ofFrames) bar?.update(frames / ofFrames);
    });
    bar?.stop();
    if (done.error && done.state === 'failed') throw AudioCloudError.from(done.error);
    if (done.state === 'cancelled')
      throw new AudioCloudError('RENDER_CANCELLED', `Cannot fetch ${begun.id}: it was cancelled`);
    await fetchAll(done, exports, flags);
  } finally {
    bar?.stop();
    process.removeListener('SIGINT', stop);
  }
}

async function fetchAll(
  { id, outputs, report }: Export,
  exports: AudioCloudClient['exports'],
  { out, json }: ExportFlags,
): Promise<void> {
  await mkdir(out, { recursive: true });
  for (const { name, format, file } of outputs) {
    const path = join(out, `${name}${OUTPUT_FORMAT_FACTS[format].extension}`);
    const part = `${path}.part`;
    try {
      const { body } = await exports.download(id, name);
      await pipeline(Readable.fromWeb(body as ReadableStream), createWriteStream(part));
      await rename(part, path);
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
    const length = file!.frames / file!.sampleRate;
    console.log(
      json
        ? JSON.stringify({ export: id, out: path, ...file })
        : `${path}: ${length.toFixed(2)} s, ${file!.channels} channels, ${file!.sampleRate} Hz, ${(file!.bytes / 2 ** 20).toFixed(1)} MiB`,
    );
  }
  if (!report || report.isFaultless) return;
  process.exitCode = 1;
  const { missedBlocks, lostFrames, failed } = report;
  if (missedBlocks > 0)
    console.error(`warning: ${missedBlocks} blocks were missed, so the hardware heard gaps; print again`);
  if (lostFrames > 0) console.error(`warning: ${lostFrames} frames were played and not recorded; print again`);
  for (const { message } of failed) console.error(`warning: ${message}`);
}

/** For a person who waits at a terminal; nothing of it goes into files and pipes. */
function progressBar({ json }: ExportFlags): SingleBar | undefined {
  if (!process.stderr.isTTY || json) return undefined;
  return new SingleBar({ format: 'exporting {bar} {percentage} %', hideCursor: true, stream: process.stderr });
}
