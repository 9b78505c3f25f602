import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { AudioCloudError, type Export, type ExportedOutput, OUTPUT_FORMAT_FACTS } from '@audiocloud/api';
import { AudioCloudClient } from '@audiocloud/client';
import { Command } from 'commander';
import { ExportProgress } from '../export-progress.ts';
import { type ExportRequestFlags, exportRequest, withExportFlags } from '../export-request.ts';
import { tokenOption } from '../flags.ts';
import { withOutputFlags } from '../output-flags.ts';

interface ExportFlags extends ExportRequestFlags {
  url: string;
  token?: string;
  json?: boolean;
  out: string;
  wait: boolean;
}

const EXAMPLES = [
  'audiocloud export mix --format flac --sink drums --sink voices --out stems',
  'audiocloud export mix --format mp3 --bit-rate 320 --loudness -14 --tag title=Rain --tag artist=Anna',
  'audiocloud export mix --mode real-time --bits 16 --dither shaped --rate 44100',
  "audiocloud export mix --at 2026-12-01T03:00:00Z --upload 'https://bucket.example/mix.wav?signature=...' --no-wait",
  'audiocloud export mix --on media.imported --context \'{"order":17}\' --no-wait --json',
];

/** `audiocloud export`: files of a task of a running domain. */
export function exportCommand(): Command {
  const command = new Command('export')
    .description('Has a running domain make files of a task, follows that, and fetches them.')
    .argument('<task>', 'id of the task')
    .option('-o, --out <folder>', 'where the files go', '.');
  return withExportFlags(withOutputFlags(command, { format: 'of the files; default: wav' }))
    .option('--no-wait', 'print the export as it is acknowledged, and fetch nothing')
    .option('--url <address>', 'address of the domain', `http://127.0.0.1:${process.env['AUDIOCLOUD_PORT'] ?? 7700}`)
    .option('--token <text>', 'an API key or a token; else AUDIOCLOUD_TOKEN')
    .option('--json', 'print lines of JSON')
    .addHelpText('after', `\nExamples:\n${EXAMPLES.map((one) => `  ${one}\n`).join('')}\nThe guide: docs/exports.md`)
    .action(run);
}

async function run(task: string, flags: ExportFlags): Promise<void> {
  const request = exportRequest(task, flags);
  const { exports } = new AudioCloudClient(flags.url, tokenOption(flags.token));
  const { wait, json } = flags;
  const begun = await exports.create(request);
  if (!wait) {
    console.log(json ? JSON.stringify(begun) : begun.id);
    return;
  }
  const told = new ExportProgress(flags);
  const stop = () => void exports.delete(begun.id).catch(() => undefined);
  process.once('SIGINT', stop);
  try {
    const done = await exports.ended(begun.id, (now) => told.look(now));
    told.end();
    if (done.error && done.state === 'failed') throw AudioCloudError.from(done.error);
    if (done.state === 'cancelled')
      throw new AudioCloudError('RENDER_CANCELLED', `Cannot fetch ${begun.id}: it was cancelled`);
    await fetchAll(done, exports, flags);
  } finally {
    told.end();
    process.removeListener('SIGINT', stop);
  }
}

async function fetchAll(
  { id, outputs, report }: Export,
  exports: AudioCloudClient['exports'],
  { out, json }: ExportFlags,
): Promise<void> {
  for (const output of outputs) {
    const { name, format, upload } = output;
    if (upload?.state === 'done') {
      tell(output, id, upload.to, json);
      continue;
    }
    // it is there still, and is not left behind
    if (upload) warn(`${upload.error?.message ?? `Cannot upload ${name}`}; it is fetched instead`);
    await mkdir(out, { recursive: true });
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
    tell(output, id, path, json);
  }
  if (!report || report.isFaultless) return;
  const { missedBlocks, lostFrames, failed } = report;
  if (missedBlocks > 0) warn(`${missedBlocks} blocks were missed, so the hardware heard gaps; print again`);
  if (lostFrames > 0) warn(`${lostFrames} frames were played and not recorded; print again`);
  for (const { message } of failed) warn(message);
}

/** Not all is as it was asked for. */
function warn(text: string): void {
  process.exitCode = 1;
  console.error(`warning: ${text}`);
}

function tell({ file }: ExportedOutput, id: string, out: string, json: boolean | undefined): void {
  if (json) {
    console.log(JSON.stringify({ export: id, out, ...file }));
    return;
  }
  const { frames, sampleRate, channels, bytes } = file!;
  const length = (frames / sampleRate).toFixed(2);
  console.log(`${out}: ${length} s, ${channels} channels, ${sampleRate} Hz, ${(bytes / 2 ** 20).toFixed(1)} MiB`);
}
