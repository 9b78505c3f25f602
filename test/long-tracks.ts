import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Task } from '@audiocloud/api';
import { WAV_HEADER_BYTES, wavHeader } from '@audiocloud/engine';
import type { EngineLink } from './running-engine.ts';

/* Many tracks of long media in one task, each of a file of its own. For tests and benchmarks. */

const CHANNELS = 2;
const FRAME_BYTES = 2 * CHANNELS;
const NOISE_BYTES = 2 ** 22;

export interface LongTracks {
  folder: string;
  tracks: number;
  /** What each file says that it lasts. */
  seconds: number;
  /** Its beginning has noise in it; behind that there are holes, which cost no room on the disk. */
  noiseSeconds: number;
  sampleRate: number;
}

/** WAV files of 16 bits, two channels; returns their paths by name. */
export function writeLongFiles({
  folder,
  tracks,
  seconds,
  noiseSeconds,
  sampleRate,
}: LongTracks): Record<string, string> {
  const noise = Buffer.alloc(NOISE_BYTES);
  let state = 1;
  for (let i = 0; i < NOISE_BYTES; i += 2) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    noise.writeInt16LE((state >> 20) - 2048, i); // -24 dB: many are added up
  }
  const noiseBytes = noiseSeconds * sampleRate * FRAME_BYTES;
  return Object.fromEntries(
    Array.from({ length: tracks }, (_, n) => {
      const path = join(folder, `long${n}.wav`);
      const fd = openSync(path, 'w');
      writeSync(fd, wavHeader(sampleRate, CHANNELS, '16', seconds * sampleRate));
      for (let at = 0; at < noiseBytes; at += NOISE_BYTES)
        writeSync(fd, noise, 0, Math.min(NOISE_BYTES, noiseBytes - at), WAV_HEADER_BYTES + at);
      ftruncateSync(fd, WAV_HEADER_BYTES + seconds * sampleRate * FRAME_BYTES);
      closeSync(fd);
      return [`long${n}`, path];
    }),
  );
}

/** Has the system forget what it holds of files in memory. Returns whether it could be asked. */
export function dropFromMemory(paths: readonly string[]): boolean {
  return paths.every((path) => {
    spawnSync('sync', ['-d', path]);
    return spawnSync('dd', [`if=${path}`, 'iflag=nocache', 'count=0', 'status=none']).status === 0;
  });
}

/** Every file on a track, all mixed into one stream. */
export function longTask(paths: Readonly<Record<string, string>>, sampleRate: number): Task {
  const names = Object.keys(paths);
  return {
    sampleRate,
    media: Object.fromEntries(names.map((name) => [name, { path: paths[name]! }])),
    tracks: Object.fromEntries(
      names.map((name) => [`${name}-track`, { channels: 2, clips: [{ media: name, startSeconds: 0, gainDb: -30 }] }]),
    ),
    connections: Object.fromEntries(
      names.map((name) => [`${name}-mix`, { from: { node: `${name}-track` }, to: { node: 'main' } }]),
    ),
    sinks: { main: { kind: 'stream', channels: 2 } },
  };
}

/** Resident memory of a process, in bytes; of its shared and mapped parts too. */
export function residentBytes(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096;
}

/** Waits, and says now and then that somebody is there: an engine that nobody asks for anything ends itself. */
export async function playFor(link: EngineLink, seconds: number): Promise<void> {
  for (let left = seconds; left > 0; left -= 5) {
    await sleep(Math.min(5, left) * 1000);
    await link.command('state', { task: 'long' });
  }
}
