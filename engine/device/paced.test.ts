import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import type { Distribution } from '@audiocloud/api';
import { Wake } from '../thread/wake.ts';
import { DeviceGuards } from './device-guards.ts';
import { paced } from './paced.ts';

t.test('the paced clock asks for as many frames as time goes by', async (t) => {
  const facts = await paced.find({ sampleRate: 48000, blockFrames: 128 });
  const wake = Wake.create({
    threads: 1,
    channels: 2,
    blockFrames: 128,
    maxBlocks: paced.maxBlocks,
    sampleRate: 48000,
  });
  const device = paced.open(facts, { wake, guards: new DeviceGuards(wake, [0]).images, onLost: (why) => t.fail(why) });
  await device.start();
  t.equal(device.facts.state, 'running');
  await sleep(100);
  const [frames, began] = [wake.clockFrames(), performance.now()];
  await sleep(1000);
  const lag = (): number => {
    const counted = wake.clockFrames() - frames + wake.leftOutBlocks() * 128;
    return Math.abs(counted / 48000 - (performance.now() - began) / 1000);
  };
  let least = lag();
  // while its thread has no processor it is behind; a clock of another speed never comes near again
  for (let look = 0; look < 100 && least >= 0.06; look++) {
    await sleep(20);
    least = Math.min(least, lag());
  }
  await device.stop();
  // 0.06 s: how far the clock may be behind (50 ms) before it leaves blocks out and counts them
  t.ok(least < 0.06, `${least.toFixed(3)} s from the time that went by`);
  const after = wake.clockFrames();
  await sleep(50);
  t.equal(wake.clockFrames(), after, 'nothing after stop');
  t.equal(device.facts.state, 'stopped');
});

/** A paced clock in a process of its own, which can be stopped as on a machine that sleeps, while the test goes on. */
async function clockProcess(t: Test, settings: { blockFrames: number; bufferBlocks?: number }) {
  const url = (file: string): string => JSON.stringify(new URL(file, import.meta.url).href);
  const code = `
    Promise.all([import(${url('./paced.ts')}), import(${url('../thread/wake.ts')})]).then(async ([{ paced }, { Wake }]) => {
      const shape = { threads: 1, channels: 2, maxBlocks: 1, sampleRate: 48000, ...${JSON.stringify(settings)} };
      const wake = Wake.create(shape);
      const device = paced.open(await paced.find(shape), { wake, onLost() {} });
      await device.start();
      process.stdout.write('up\\n');
      process.stdin.on('data', () => {
        process.stdout.write(JSON.stringify({
          frames: wake.clockFrames(), leftOut: wake.leftOutBlocks(), lateness: wake.lateness.distribution(),
        }) + '\\n');
      });
    });`;
  const child = spawn(process.execPath, ['-e', code], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const ask = async (): Promise<{ frames: number; leftOut: number; lateness: Distribution }> => {
    child.stdin.write('?');
    const [line] = await once(child.stdout, 'data');
    return JSON.parse(String(line));
  };
  const stall = async (ms: number): Promise<void> => {
    child.kill('SIGSTOP');
    await sleep(ms);
    child.kill('SIGCONT');
    await sleep(200);
  };
  return { ask, stall };
}

t.test('the paced clock leaves out and counts what a stall made impossible', async (t) => {
  const { ask, stall } = await clockProcess(t, { blockFrames: 128 });
  const before = await ask();
  await stall(500);
  const after = await ask();
  const seconds = ((after.leftOut - before.leftOut) * 128) / 48000;
  t.ok(
    seconds > 0.4 && after.frames > before.frames,
    `left out ${seconds.toFixed(3)} s of a stall of 0.5 s, and goes on`,
  );
  // it goes on while the two are read, the frames first
  const later = await ask();
  t.ok(after.lateness.count >= after.frames / 128 - 1, 'how late it was is counted for every block that it asked for');
  t.ok(after.lateness.count <= later.frames / 128 + 1, 'and for no other');
});

t.test('blocks in store make up for a stall; without them it costs blocks', async (t) => {
  const none = await clockProcess(t, { blockFrames: 128, bufferBlocks: 0 });
  await none.stall(100);
  const { leftOut, lateness } = await none.ask();
  t.ok(leftOut >= 30, `${leftOut} blocks of 2.7 ms left out in a stall of 100 ms`);
  t.ok(lateness.max < 128 / 48, 'no block is asked for when the one after it is due');
  // 64 blocks of 1,024 frames: 1.4 s
  const many = await clockProcess(t, { blockFrames: 1024, bufferBlocks: 64 });
  await many.stall(100);
  const after = await many.ask();
  t.equal(after.leftOut, 0);
  t.ok(after.lateness.max > 75, `they came late instead: ${after.lateness.max.toFixed(1)} ms`);
});
