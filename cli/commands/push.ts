import { setTimeout as sleep } from 'node:timers/promises';
import { AudioCloudError, type PushedFacts } from '@audiocloud/api';
import { LivePush } from '@audiocloud/client';
import { type AudioData, openMedia } from '@audiocloud/engine';
import { SingleBar } from 'cli-progress';
import { Command } from 'commander';
import { wholeNumber } from '../flags.ts';
import { openLive } from '../open-live.ts';

interface PushFlags {
  url: string;
  token?: string;
  repeat: number;
  json?: boolean;
}

/** How often is looked how much of the file is due. */
const TURN_MS = 10;
/** What is under way when the last packet has gone: it is heard before the command ends. */
const LAST_LOOK_MS = 2_000;

/** `audiocloud push`: a file, as live sound, into a track of a running task. */
export function pushCommand(): Command {
  return new Command('push')
    .description(
      'Pushes a sound file into a running task as if it were spoken live: at the speed of its own clock, into a track whose source is "push".',
    )
    .argument('<task>', 'id of the task')
    .argument('<track>', 'name of the track: { channels, clips: [], source: { kind: "push" } }')
    .argument('<file>', 'WAV, FLAC, MP3, Ogg Vorbis or Opus')
    .option('--repeat <times>', 'play it so often', wholeNumber(1, 1_000_000), 1)
    .option('--url <address>', 'address of the domain', `http://127.0.0.1:${process.env['AUDIOCLOUD_PORT'] ?? 7700}`)
    .option('--token <text>', 'an API key or a token; else AUDIOCLOUD_TOKEN')
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      '\nExample:\n  audiocloud push talk voice speech.wav --repeat 3\n\nThe guide: docs/live-sources.md',
    )
    .action(push);
}

async function push(task: string, track: string, path: string, { url, token, repeat, json }: PushFlags): Promise<void> {
  const audio = await openMedia(path);
  const { sampleRate, channels, frames } = audio;
  let told: PushedFacts | undefined;
  let first: PushedFacts | undefined;
  const live = await openLive(
    { url, token, task },
    {
      onPushed: (facts) => {
        told = facts;
        first ??= facts;
      },
    },
  );
  try {
    const sound = await LivePush.begin(live, { track, sampleRate, channels, format: 's24' });
    const bar = new SingleBar({
      format: `${path} {bar} {value} of {total} s`,
      clearOnComplete: true,
      stream: process.stderr,
    });
    const isShown = process.stderr.isTTY && !json;
    if (isShown) bar.start(Math.ceil((frames * repeat) / sampleRate), 0);
    const begunAt = performance.now();
    for (let sent = 0; sent < frames * repeat; await sleep(TURN_MS)) {
      // a later report may tell of a moment; what the first one tells of is so for all that would follow
      if (first && first.refused > 0) break;
      const elapsed = Math.floor(((performance.now() - begunAt) / 1000) * sampleRate);
      for (const end = Math.min(elapsed, frames * repeat); sent < end; ) {
        const first = sent % frames;
        const count = Math.min(end - sent, frames - first);
        sound.write(interleaved(audio, first, count));
        sent += count;
      }
      if (isShown) bar.update(Math.floor(sent / sampleRate));
    }
    bar.stop();
    if (!first?.refused) await reported(() => told, LAST_LOOK_MS);
    await sound.end();
    if (first && first.refused > 0) throw refusedAt(path, track, first);
    const report = { packets: 0, refused: 0, ...told, leftOut: sound.leftOut };
    console.log(json ? JSON.stringify(report) : reportText(report));
    // nothing of it was heard
    if (report.refused > 0) process.exitCode = 1;
  } finally {
    live.close();
  }
}

function interleaved({ data, channels }: AudioData, first: number, frames: number): Float32Array {
  const out = new Float32Array(frames * channels);
  for (let c = 0; c < channels; c++) for (let n = 0; n < frames; n++) out[n * channels + c] = data[c]![first + n]!;
  return out;
}

function refusedAt(path: string, track: string, { refused, why = 'nobody says why' }: PushedFacts): AudioCloudError {
  return new AudioCloudError(
    'REQUEST_INVALID',
    `Cannot push ${path} into '${track}': the engine refused ${refused} packets at once: ${why}`,
    { track, refused },
  );
}

/** Waits for one more report. */
async function reported(look: () => PushedFacts | undefined, patienceMs: number): Promise<void> {
  const before = look();
  for (const until = Date.now() + patienceMs; look() === before && Date.now() < until; ) await sleep(20);
}

const reportText = ({ packets, lost = 0, refused = 0, why, underruns = 0, driftPpm = 0, leftOut }: Report): string =>
  [
    `${packets} packets taken, ${lost + leftOut} lost, ${refused} refused${why === undefined ? '' : ` (${why})`}`,
    `${underruns} underruns of the track, clock ${driftPpm} ppm`,
  ].join('; ');

type Report = Partial<PushedFacts> & { packets: number; leftOut: number };
