import t from 'tap';
import { Wake } from '../thread/wake.ts';
import { DeviceGuards } from './device-guards.ts';
import { pipe } from './pipe.ts';

/* Programs that live and do nothing. Each is given 20 s from its start, so all three wait at once. */
const SETTINGS = { sampleRate: 48000, blockFrames: 128 };
const program = (code: string) => [process.execPath, '-e', code];
const HANGS = program('setInterval(() => {}, 1000)');
/** Ten times as fast as the rate of the engine. */
const GIVES = program('setInterval(() => process.stdout.write(Buffer.alloc(4 * 4800)), 10)');

async function lostOf(rack: { outputs?: number; inputs?: number; play?: string[]; record?: string[] }) {
  const whole = { kind: 'pipe' as const, ...rack };
  const facts = await pipe.find({ ...SETTINGS, rack: whole });
  const { outputChannels, inputChannels = 0 } = facts;
  const wake = Wake.create({ ...SETTINGS, threads: 1, channels: outputChannels, inputChannels, maxBlocks: 1 });
  const lost = Promise.withResolvers<string>();
  const guards = new DeviceGuards(wake, [0]).images;
  const device = pipe.open(facts, { wake, rack: whole, guards, onLost: lost.resolve });
  await device.start();
  return { why: await lost.promise, seconds: wake.clockFrames() / SETTINGS.sampleRate };
}

t.test('a program that hangs is a lost device, whichever it is, and holds no more than a second', async (t) => {
  const [player, recorder, both] = await Promise.all([
    lostOf({ outputs: 1, play: HANGS }),
    lostOf({ inputs: 1, record: HANGS }),
    lostOf({ outputs: 1, inputs: 1, play: HANGS, record: GIVES }),
  ]);
  t.match(player!.why, /the program that plays takes nothing/);
  t.match(recorder!.why, /the program that records gives nothing/);
  t.match(both!.why, /the program that plays takes nothing/);
  // A second of ours, and what the system keeps in its pipe and reads at once.
  t.ok(both!.seconds > 1 && both!.seconds < 3, `${both!.seconds} s were played to nobody`);
});
