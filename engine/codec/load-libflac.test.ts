import t from 'tap';
import { createFlacEncoder } from '../media/encode/flac-encoder.ts';
import { MOST_ENCODED_FRAMES } from '../media/encode/sound-encoder.ts';
import { FlacEncoder } from '../stream/flac-encoder.ts';
import { measureSamples } from '../stream/measure-samples.ts';
import { loadLibflac } from './load-libflac.ts';

interface Heap {
  HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(address: number): void;
}

t.test('flac: one library for files and packets, whose fetch is left alone', async (t) => {
  const { fetch } = globalThis;
  const [one, other] = await Promise.all([loadLibflac(), loadLibflac()]);
  t.equal(one, other);
  t.equal(globalThis.fetch, fetch);
});

t.test('flac: what was closed is free, however often it is opened', async (t) => {
  const flac = await loadLibflac();
  const heap = (flac as unknown as { _module: Heap })._module;
  /** Where it has a MiB free: another place when something before it was not freed. */
  const place = () => {
    const address = heap._malloc(2 ** 20);
    heap._free(address);
    return address;
  };
  const planes = [0, 1].map(() => Float32Array.from({ length: MOST_ENCODED_FRAMES }, (_, i) => Math.sin(i / 9)));
  const common = { sampleRate: 48_000, channels: 2, dither: 'none', isSilenceKept: false, seed: 0, tags: {} } as const;
  const samples = Float32Array.from({ length: 1920 }, (_, i) => Math.sin(i / 7));
  const piece = { playId: 1, streamFrame: 0, timelineFrame: 0, frames: 960, samples };
  const packets = new FlacEncoder(flac, { bits: 24, channels: 2, sampleRate: 48_000 });
  const once = async (i: number) => {
    const encoder = await createFlacEncoder({ ...common, depth: 's24', frames: undefined }, () => {});
    encoder.encode(planes, 0, MOST_ENCODED_FRAMES);
    if (i % 2 === 0) encoder.end(); // else it is given up
    encoder.free();
    encoder.free();
    packets.encode(piece, measureSamples(samples, 2));
  };
  for (let i = 0; i < 4; i++) await once(i);
  const [bytes, before] = [heap.HEAPU8.length, place()];
  for (let i = 0; i < 200; i++) await once(i);
  t.equal(heap.HEAPU8.length, bytes, 'the heap did not grow');
  t.equal(place(), before, 'and has the same place free');
  packets.close();
});
