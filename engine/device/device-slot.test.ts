import t from 'tap';
import { until } from '../../test/until.ts';
import { Wake } from '../thread/wake.ts';
import { DeviceSlot } from './device-slot.ts';
import { findDevice } from './devices.ts';
import { toneThread } from './testing/tone-thread.ts';

const SETTINGS = { sampleRate: 48000, blockFrames: 64 };
/** Where a wake says how many render threads it has; its memory has no place for so many. */
const THREADS_WORD = 4;

/** A slot whose program ends as soon as it was played something. */
async function slotOf(t: { teardown(end: () => Promise<void>): void }) {
  const code = `process.stdin.once('data', () => process.exit(3))`;
  const rack = { kind: 'pipe' as const, outputs: 1, play: [process.execPath, '-e', code] };
  const found = await findDevice('pipe', { ...SETTINGS, rack });
  const wake = Wake.create({ ...SETTINGS, threads: 1, channels: 1, maxBlocks: 1 });
  await toneThread(wake, [{ frequencyHz: 997, amplitude: 0.1 }]);
  const changes: string[] = [];
  const failures: string[] = [];
  const events = {
    onChange: ({ state }: { state: string }) => void changes.push(state),
    onFailure: ({ code, message }: { code: string; message: string }) => void failures.push(`${code} ${message}`),
  };
  const slot = new DeviceSlot(found, wake, [0], events, rack);
  t.teardown(async () => {
    await slot.stop();
    wake.stop();
  });
  return { slot, wake, changes, failures };
}

t.test('a device that is lost is replaced by the paced clock', async (t) => {
  const { slot, wake, changes, failures } = await slotOf(t);
  await slot.start();
  await until('the clock has taken over', () => changes.length > 0);
  t.match(changes, [/^running in place of pipe: .* ended with code 3$/]);
  const frames = wake.clockFrames();
  await until('it asks for blocks', () => wake.clockFrames() > frames);
  t.same(failures, []);
});

t.test('where that cannot start either, who runs the engine is told, once', async (t) => {
  const { slot, wake, changes, failures } = await slotOf(t);
  await slot.start();
  new Int32Array(wake.memory)[THREADS_WORD] = 2 ** 20;
  await until('it has failed', () => failures.length > 0);
  t.match(failures, [/^DEVICE_FAILED Cannot go on with device 'paced': /]);
  t.equal(slot.failure?.code, 'DEVICE_FAILED');
  t.same(changes, []);
});
