import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inTemporaryFolder, type Peer, planar, type Rendered, run } from './peer.ts';

export const ffmpeg: Peer = {
  name: 'ffmpeg',
  from: 'ffmpeg',
  isProcess: true,
  version: async () => /version ([\d.]+)/.exec((await run('ffmpeg', ['-version'])).stdout)![1]!,
};

/**
 * Runs a filter on one thread over planar sounds at 48 kHz, raw files as the inputs [0], [1], ...; a raw file comes out. The
 * time is that of the whole process.
 */
export function renderFfmpeg(inputs: Float32Array[][], filter: string, channels: number): Promise<Rendered> {
  return inTemporaryFolder(async (folder) => {
    const raw = (count: number) => ['-f', 'f32le', '-ar', '48000', '-ac', String(count)];
    const from = inputs.flatMap((planes, i) => {
      const file = join(folder, `in-${i}.raw`);
      const count = planes.length;
      const interleaved = Float32Array.from(
        { length: planes[0]!.length * count },
        (_, at) => planes[at % count]![Math.floor(at / count)]!,
      );
      writeFileSync(file, new Uint8Array(interleaved.buffer));
      return [...raw(count), '-i', file];
    });
    const to = join(folder, 'out.raw');
    const threads = ['-filter_complex_threads', '1', '-threads', '1'];
    const begun = performance.now();
    await run('ffmpeg', ['-v', 'error', ...threads, ...from, '-filter_complex', filter, ...raw(channels), to]);
    const seconds = (performance.now() - begun) / 1000;
    return { seconds, channels: planar(readFileSync(to), channels) };
  });
}
