import type { RackDevice } from '@audiocloud/api';
import t from 'tap';
import { buildWasm } from '../../scripts/build-wasm.ts';
import { until } from '../../test/until.ts';
import { Wake } from '../thread/wake.ts';
import { DeviceSlot } from './device-slot.ts';
import { findDevice } from './devices.ts';
import { toneThread } from './testing/tone-thread.ts';

await buildWasm({ ifMissing: true });

const SETTINGS = { sampleRate: 48000, blockFrames: 256 };
/** Gives back what it was played, a block of silence first. */
const ECHO = `process.stdout.write(Buffer.alloc(4 * 256)); process.stdin.pipe(process.stdout);`;
const RACKS: RackDevice[] = [
  { kind: 'paced', outputs: 1, inputs: 1, loop: [{ output: 0, input: 0, frames: 256 }] },
  { kind: 'pipe', outputs: 1, inputs: 1, play: [process.execPath, '-e', ECHO] },
];

for (const rack of RACKS)
  t.test(`what ${rack.kind} gives back was below the ceiling of its output`, async (t) => {
    const found = await findDevice(rack.kind, { ...SETTINGS, rack });
    const wake = Wake.create({ ...SETTINGS, threads: 1, channels: 1, inputChannels: 1, maxBlocks: 1 });
    await toneThread(wake, [{ frequencyHz: 997, amplitude: 4 }]);
    const slot = new DeviceSlot(found, wake, [-12], { onChange() {}, onFailure: t.error }, rack);
    t.teardown(async () => {
      await slot.stop();
      wake.stop();
    });
    await slot.start();
    const ceiling = 10 ** (-12 / 20);
    let most = 0;
    await until('it is heard as loud as it may be', () => {
      for (const x of wake.input[0]!) most = Math.max(most, Math.abs(x));
      return most > 0.8 * ceiling;
    });
    t.ok(most <= Math.fround(ceiling), `${most}, ceiling ${ceiling}`);
    t.ok(slot.guards.counts().limitedBlocks > 0);
  });
