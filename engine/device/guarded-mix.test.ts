import t from 'tap';
import { buildWasm } from '../../scripts/build-wasm.ts';
import { Wake } from '../thread/wake.ts';
import { DeviceGuards } from './device-guards.ts';
import { GuardedMix } from './guarded-mix.ts';

await buildWasm({ ifMissing: true });

t.test('each output of a device has a ceiling of its own, the last one holds for those behind it', async (t) => {
  const wake = Wake.create({ threads: 1, channels: 3, blockFrames: 128, maxBlocks: 4, sampleRate: 48000 });
  const guards = new DeviceGuards(wake, [-0.1, -20]);
  const mix = new GuardedMix(guards.images);
  const [soft, loud, bad] = [new Float32Array(512).fill(0.2), new Float32Array(512).fill(0.2), new Float32Array(512)];
  bad[7] = Number.NaN;
  // an even sign would be an offset
  for (const channel of [soft, loud]) for (let n = 1; n < 512; n += 2) channel[n] = -channel[n]!;
  const heard = mix.process([soft, loud, bad], 512).map((channel) => channel.slice(0, 512));
  t.same(heard[0], soft, 'below its ceiling it stays');
  t.ok(heard[1]!.every((x) => Math.abs(x) <= Math.fround(0.1)));
  t.same(heard[2], new Float32Array(512));
  t.match(guards.counts(), { limitedBlocks: 1, nonFinite: 1, jumps: 1, offsets: 0 });
});
