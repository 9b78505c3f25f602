import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inTemporaryFolder, type Peer, planar, type Rendered, run } from './peer.ts';

export const sox: Peer = {
  name: 'sox',
  from: 'sox',
  isProcess: true,
  version: async () => /v([\d.]+)/.exec((await run('sox', ['--version'])).stdout)![1]!,
};

/** Runs effects over planar sound at 48 kHz, from a raw file to a raw file. The time is that of the whole process. */
export function renderSox(input: Float32Array[], effects: string[]): Promise<Rendered> {
  return inTemporaryFolder(async (folder) => {
    const channels = input.length;
    const interleaved = Float32Array.from(
      { length: input[0]!.length * channels },
      (_, i) => input[i % channels]![Math.floor(i / channels)]!,
    );
    const [from, to] = [join(folder, 'in.raw'), join(folder, 'out.raw')];
    writeFileSync(from, new Uint8Array(interleaved.buffer));
    const format = ['-t', 'f32', '-r', '48000', '-c', String(channels)];
    const begun = performance.now();
    await run('sox', ['-D', '--single-threaded', ...format, from, ...format, to, ...effects]);
    const seconds = (performance.now() - begun) / 1000;
    return { seconds, channels: planar(readFileSync(to), channels) };
  });
}
