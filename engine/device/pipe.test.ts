import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { until } from '../../test/until.ts';
import { Wake } from '../thread/wake.ts';
import { DeviceGuards } from './device-guards.ts';
import { findDevice } from './devices.ts';
import { pipe } from './pipe.ts';

const SETTINGS = { sampleRate: 48000, blockFrames: 64 };

t.test('what a program gives is heard by channel, and what is played reaches it', async (t) => {
  // gives frames of 1, 2, 3 ..., the second channel below 0: one block at first, and one for each that it was played
  const code = `
    const frames = 64;
    let next = 1;
    const give = () => {
      const block = new Float32Array(2 * frames);
      for (let i = 0; i < frames; i++, next++) block.set([next, -next], 2 * i);
      process.stdout.write(Buffer.from(block.buffer));
    };
    process.stdin.on('data', give);
    give();`;
  const rack = { kind: 'pipe' as const, outputs: 1, inputs: 2, play: [process.execPath, '-e', code] };
  const facts = await findDevice('pipe', { ...SETTINGS, rack });
  t.match(facts, { kind: 'pipe', outputChannels: 1, inputChannels: 2 });
  const wake = Wake.create({ threads: 1, channels: 1, inputChannels: 2, maxBlocks: 1, ...SETTINGS });
  const lost = Promise.withResolvers<string>();
  const device = pipe.open(facts, {
    wake,
    rack,
    guards: new DeviceGuards(wake, [0]).images,
    onLost: lost.resolve,
  });
  await device.start();
  for (let i = 0; i < 3000 && wake.clockFrames() < 640; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  await device.stop();
  const blocks = wake.clockFrames() / 64;
  t.ok(blocks >= 10, `${blocks} blocks, each asked for by the answer to the one before`);
  const [first] = wake.input[0]!;
  t.equal((first! - 1) % 64, 0, 'a block begins where one began');
  t.same(
    [...wake.input[0]!],
    Array.from({ length: 64 }, (_, i) => first! + i),
  );
  t.same(
    [...wake.input[1]!],
    Array.from({ length: 64 }, (_, i) => -(first! + i)),
  );
});

t.test('a program that ends is a lost device, with its last words', async (t) => {
  const code = `setTimeout(() => { console.error('the cable is out'); process.exit(3); }, 300)`;
  const rack = { kind: 'pipe' as const, outputs: 1, play: [process.execPath, '-e', code] };
  const facts = await pipe.find({ ...SETTINGS, rack });
  const wake = Wake.create({ threads: 1, channels: 1, maxBlocks: 1, ...SETTINGS });
  const lost = Promise.withResolvers<string>();
  const device = pipe.open(facts, {
    wake,
    rack,
    guards: new DeviceGuards(wake, [0]).images,
    onLost: lost.resolve,
  });
  await device.start();
  t.match(await lost.promise, /ended with code 3: the cable is out/);
});

t.test('a program that does not want to end is gone when its device has stopped', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'audiocloud-pipe-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const pidFile = join(folder, 'pid');
  const code = `
    process.on('SIGTERM', () => {});
    require('node:fs').writeFileSync(process.argv[1], String(process.pid));
    setInterval(() => {}, 1000);`;
  const rack = { kind: 'pipe' as const, outputs: 1, play: [process.execPath, '-e', code, pidFile] };
  const facts = await pipe.find({ ...SETTINGS, rack });
  const wake = Wake.create({ threads: 1, channels: 1, maxBlocks: 1, ...SETTINGS });
  const device = pipe.open(facts, { wake, rack, guards: new DeviceGuards(wake, [0]).images, onLost: t.error });
  await device.start();
  const pid = () => (existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0);
  await until('it runs', () => pid() > 0);
  await device.stop();
  t.throws(() => process.kill(pid(), 0), { code: 'ESRCH' });
});

t.test('programs that are not there are refused', async (t) => {
  const find = (rack?: object) => pipe.find({ ...SETTINGS, rack: rack as never });
  await t.rejects(find(), { code: 'DEVICE_FAILED', message: /device: \{ kind: pipe/ });
  await t.rejects(find({ kind: 'pipe' }), { code: 'DEVICE_FAILED', message: /no channels/ });
  await t.rejects(find({ kind: 'pipe', outputs: 2 }), { code: 'DEVICE_FAILED', message: /`play`/ });
  await t.rejects(find({ kind: 'pipe', inputs: 2 }), { code: 'DEVICE_FAILED', message: /`record`/ });
});
