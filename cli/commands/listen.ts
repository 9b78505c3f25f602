import { resolve } from 'node:path';
import {
  AudioCloudError,
  HISTORY_SECONDS,
  LEAST_OPUS_BIT_RATE,
  MOST_OPUS_BIT_RATE,
  PACKET_FORMATS,
  type PacketFormat,
  type PacketMeters,
} from '@audiocloud/api';
import { type HeardReport, TaskListener } from '@audiocloud/client';
import type { WavBits } from '@audiocloud/engine';
import { Command, Option } from 'commander';
import { seconds, secondsUpTo, wholeNumber } from '../flags.ts';
import { levelLine } from '../listen/level-line.ts';
import { pipeTarget } from '../listen/pipe-target.ts';
import { findPlayer, openPlayerTarget } from '../listen/player-target.ts';
import type { SoundFormat, SoundTarget } from '../listen/sound-target.ts';
import { StreamWriter } from '../listen/stream-writer.ts';
import { openWavTarget } from '../listen/wav-target.ts';
import { openLive } from '../open-live.ts';
import { Steps } from '../steps.ts';

interface ListenFlags {
  node?: string;
  format: PacketFormat;
  bitRate?: number;
  adaptive?: boolean;
  ago?: number;
  out?: string;
  bits?: StreamBits;
  seconds?: number;
  player?: string;
  url: string;
  token?: string;
  json?: boolean;
  quiet?: boolean;
}

type StreamBits = Exclude<WavBits, '32'>;

/** The depth that holds what a format has. */
const BITS: Record<PacketFormat, StreamBits> = {
  s16: '16',
  flac16: '16',
  s24: '24',
  flac24: '24',
  f32: '32f',
  opus: '24',
};
const RAW = { '16': 's16', '24': 's24', '32f': 'f32' } as const;
const SHOW_MS = 100;

/** `audiocloud listen`: plays the stream of a live task, or writes it. */
export function listenCommand(): Command {
  return new Command('listen')
    .description(
      'Plays what a live task plays through a program of this machine, or writes it to a file, until it is ended. After a drop it goes on where it was.',
    )
    .argument('<task>', 'the task, by its id')
    .option('--node <name>', 'what is heard: a sink or any node; default: the first sink')
    .addOption(new Option('--format <format>', 'how it is sent').choices([...PACKET_FORMATS]).default('flac24'))
    .option(
      '--bit-rate <bits>',
      'of opus, bits a second of two channels; default 128000',
      wholeNumber(LEAST_OPUS_BIT_RATE, MOST_OPUS_BIT_RATE),
    )
    .option('--adaptive', 'on a link that is too slow the domain goes down to opus, and back')
    .option(
      '--ago <seconds>',
      `begins with what was sent so long ago, ${HISTORY_SECONDS} at most`,
      secondsUpTo(HISTORY_SECONDS),
    )
    .option('-o, --out <file>', 'a WAV file to write; `-`: samples to standard output, without a header')
    .addOption(
      new Option('--bits <bits>', 'depth of what is written; default: that of the format').choices(['16', '24', '32f']),
    )
    .option('--seconds <n>', 'ends after so much sound', seconds)
    .option(
      '--player <command>',
      'plays through this program: it gets f32 on its standard input; {rate} and {channels} are filled in',
    )
    .option('--url <address>', 'address of the domain', `http://127.0.0.1:${process.env['AUDIOCLOUD_PORT'] ?? 7700}`)
    .option('--token <text>', 'an API key or a token; else AUDIOCLOUD_TOKEN')
    .option('--json', 'print the report as one line of JSON')
    .option('--quiet', 'no levels')
    .addHelpText(
      'after',
      '\nExamples:\n  audiocloud listen demo\n  audiocloud listen demo --format opus --bit-rate 64000 --adaptive\n  audiocloud listen demo --out take.wav --seconds 30\n  audiocloud listen demo --out - --format s16 | sox -t raw -r 48000 -e signed -b 16 -c 2 - take.flac',
    )
    .action(listen);
}

async function listen(task: string, flags: ListenFlags): Promise<void> {
  const open = targetOf(flags);
  const writer = new StreamWriter(open, flags.seconds);
  const steps = new Steps(flags.quiet || flags.json);
  const live = await openLive({ url: flags.url, token: flags.token, task }, { name: 'audiocloud listen' });
  const screen = levels(flags, writer);
  const { node, format, bitRate, adaptive, ago } = flags;
  let isHeard = false;
  const listener = new TaskListener(live, {
    ...{ node, format, bitRate, adaptive, secondsAgo: ago },
    onPiece: (piece) => {
      if (!isHeard) steps.end();
      isHeard = true;
      writer.push(piece);
      screen.show(piece.meters);
    },
    onTrouble: (error) => writer.fail(error),
  });
  const stopped = Promise.withResolvers<void>();
  const onStop = () => stopped.resolve();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onStop);
  const begun = performance.now();
  let failure: unknown;
  try {
    await listener.start();
    // what was sent before may come though it stands still now
    if (!isHeard && live.state.state !== 'playing') steps.say('waits for the task to play');
    await Promise.race([writer.ended, stopped.promise]);
  } catch (thrown) {
    failure = thrown;
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.removeListener(signal, onStop);
    await listener.stop();
    await writer.close();
    live.close();
    if (!isHeard) steps.end();
    screen.end();
  }
  if (failure !== undefined) throw failure;
  tell(flags, writer, listener, (performance.now() - begun) / 1000);
}

/** Throws before anything is opened when there is nowhere to play. */
function targetOf({ out, bits, format, player }: ListenFlags): (sound: SoundFormat) => Promise<SoundTarget> {
  const depth = bits ?? BITS[format];
  if (out === '-') return async () => pipeTarget('standard output', process.stdout, RAW[depth]);
  if (out !== undefined && !out.toLowerCase().endsWith('.wav'))
    throw new AudioCloudError(
      'REQUEST_INVALID',
      `Cannot write ${out}: a stream is written as WAV, wanted a name that ends with .wav, or - for standard output; audiocloud convert makes other formats of it`,
    );
  if (out !== undefined) return (sound) => openWavTarget(resolve(out), sound, depth);
  const command = player ?? findPlayer();
  return (sound) => openPlayerTarget(command, sound);
}

/** Levels for a person who waits at a terminal; nothing of it goes into files and pipes. */
function levels({ quiet, json }: ListenFlags, { pieces }: StreamWriter) {
  const isShown = process.stderr.isTTY && !quiet && !json;
  let shownAt = 0;
  let peak: number[] = [];
  return {
    show(meters: PacketMeters | undefined) {
      if (!isShown || !meters) return;
      peak = meters.peak.map((value, c) => Math.max(value, peak[c] ?? 0));
      if (performance.now() - shownAt < SHOW_MS) return;
      shownAt = performance.now();
      const lost = pieces.lostFrames > 0 ? ` ${pieces.lostFrames} frames lost` : '';
      process.stderr.write(`\r\x1b[K${levelLine({ peak })}${lost}`);
      peak = [];
    },
    end() {
      if (shownAt > 0) process.stderr.write('\r\x1b[K');
    },
  };
}

function tell(
  flags: ListenFlags,
  { pieces, skippedFrames, format }: StreamWriter,
  { counts, playOf }: TaskListener,
  took: number,
): void {
  const { heardFrames, lostFrames, concealedFrames } = pieces;
  const { sampleRate = 0, channels = 0 } = format ?? {};
  const heard: HeardReport = {
    ...{ heardFrames, lostFrames, concealedFrames, skippedFrames },
    waitedFrames: 0,
    underruns: 0,
    reconnects: counts.reconnects,
    runs: pieces.runs().map(({ playId: play, streamFrame, frames }) => ({
      ...(playOf(play) ?? { run: 0, playId: 0 }),
      streamFrame,
      frames,
    })),
  };
  const kbits = took > 0 ? (counts.bytes * 8) / 1000 / took : 0;
  // samples may go to standard output
  const print = flags.out === '-' ? console.error : console.log;
  if (flags.json) {
    print(
      JSON.stringify({
        out: flags.out ?? null,
        sampleRate,
        channels,
        format: flags.format,
        kbits,
        seconds: took,
        heard,
      }),
    );
    return;
  }
  const length = sampleRate > 0 ? (heardFrames + concealedFrames) / sampleRate : 0;
  print(
    `${flags.out && flags.out !== '-' ? `${flags.out}: ` : ''}heard ${length.toFixed(2)} s, ${channels} channels, ${sampleRate} Hz, ${flags.format} at ${kbits.toFixed(0)} kbit/s; ${lostFrames} frames lost, ${skippedFrames} skipped, ${counts.reconnects} reconnects`,
  );
}
