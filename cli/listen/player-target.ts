import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { AudioCloudError, payloadOf } from '@audiocloud/api';
import type { SoundFormat, SoundTarget } from './sound-target.ts';

/** Programs that play f32 from their standard input, the first that is there is taken. */
const PLAYERS = [
  'pacat --raw --format=float32le --rate={rate} --channels={channels} --latency-msec=50',
  'aplay -q -t raw -f FLOAT_LE -r {rate} -c {channels}',
  'play -q -t raw -e floating-point -b 32 -L -r {rate} -c {channels} -',
  'ffplay -nodisp -autoexit -loglevel error -f f32le -ar {rate} -ac {channels} -',
];
/** A player that takes nothing for so long is behind: what comes is left out until it has taken some. */
const BEHIND_SECONDS = 2;

/** The player on this machine; throws REQUEST_INVALID when there is none. */
export function findPlayer(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = PLAYERS.find((line) => folders.some((folder) => existsSync(join(folder, line.split(' ')[0]!))));
  if (found) return found;
  throw new AudioCloudError(
    'REQUEST_INVALID',
    `Cannot play here: there is none of ${PLAYERS.map((line) => line.split(' ')[0]).join(', ')}; install one, name one with --player, or write a file with --out`,
  );
}

/** Plays through a program. `{rate}` and `{channels}` in its words are filled in. */
export async function openPlayerTarget(command: string, { sampleRate, channels }: SoundFormat): Promise<SoundTarget> {
  const [program, ...words] = command
    .trim()
    .split(/\s+/)
    .map((word) => word.replaceAll('{rate}', String(sampleRate)).replaceAll('{channels}', String(channels)));
  const child = spawn(program!, words, { stdio: ['pipe', 'ignore', 'inherit'] });
  const ended = new Promise<void>((resolve, reject) => {
    const refuse = (why: string) =>
      reject(new AudioCloudError('DEVICE_FAILED', `Cannot play through '${program}': ${why}`, { program }));
    child.once('error', ({ message }) => refuse(message));
    child.once('exit', (code) => (code === 0 || isClosed ? resolve() : refuse(`it ended with ${code}`)));
  });
  let isClosed = false;
  ended.catch(() => {}); // whoever writes awaits it
  child.stdin.on('error', () => {}); // its end is told above
  const mostBytes = BEHIND_SECONDS * sampleRate * channels * 4;
  return {
    name: program!,
    ended,
    async write(samples) {
      if (child.stdin.writableLength > mostBytes) return samples.length / channels;
      child.stdin.write(payloadOf(samples, 'f32'));
      return 0;
    },
    async close() {
      isClosed = true;
      child.stdin.end();
      await ended.catch(() => {});
    },
  };
}
