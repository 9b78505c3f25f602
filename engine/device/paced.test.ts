import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { Wake } from '../thread/wake.ts';
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
  const device = paced.open(facts, { wake, onLost: (why) => t.fail(why) });
  await device.start();
  t.equal(device.facts.state, 'running');
  await sleep(100);
  const [frames, began] = [wake.clockFrames(), performance.now()];
  await sleep(1000);
  const seconds = (performance.now() - began) / 1000;
  const counted = wake.clockFrames() - frames + wake.leftOutBlocks() * 128;
  await device.stop();
  // 0.06 s: how far the clock may be behind (50 ms) before it leaves blocks out and counts them
  t.ok(Math.abs(counted / 48000 - seconds) < 0.06, `${counted} frames in ${seconds.toFixed(3)} s`);
  const after = wake.clockFrames();
  await sleep(50);
  t.equal(wake.clockFrames(), after, 'nothing after stop');
  t.equal(device.facts.state, 'stopped');
});

t.test('the paced clock leaves out and counts what a stall made impossible', async (t) => {
  // the whole process stands still for 0.5 s, as on a machine that sleeps; a child, so that the test goes on
  const url = (file: string): string => JSON.stringify(new URL(file, import.meta.url).href);
  const code = `
    Promise.all([import(${url('./paced.ts')}), import(${url('../thread/wake.ts')})]).then(async ([{ paced }, { Wake }]) => {
      const shape = { threads: 1, channels: 2, blockFrames: 128, maxBlocks: 1, sampleRate: 48000 };
      const wake = Wake.create(shape);
      const device = paced.open(await paced.find(shape), { wake, onLost() {} });
      await device.start();
      process.stdout.write('up\\n');
      process.stdin.on('data', () => {
        process.stdout.write(JSON.stringify({ frames: wake.clockFrames(), leftOut: wake.leftOutBlocks() }) + '\\n');
      });
    });`;
  const child = spawn(process.execPath, ['-e', code], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const ask = async (): Promise<{ frames: number; leftOut: number }> => {
    child.stdin.write('?');
    const [line] = await once(child.stdout, 'data');
    return JSON.parse(String(line));
  };
  const before = await ask();
  child.kill('SIGSTOP');
  await sleep(500);
  child.kill('SIGCONT');
  await sleep(200);
  const after = await ask();
  const seconds = ((after.leftOut - before.leftOut) * 128) / 48000;
  t.ok(
    seconds > 0.4 && after.frames > before.frames,
    `left out ${seconds.toFixed(3)} s of a stall of 0.5 s, and goes on`,
  );
});
