import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { Wake } from './wake.ts';

const SHAPE = { threads: 2, channels: 2, blockFrames: 64, maxBlocks: 4, sampleRate: 48000 };

/** A thread that writes generation x scale + block into its mix, and takes letters. */
async function renderThread(wake: Wake, thread: number, scale: number): Promise<Worker> {
  const code = `
    const { parentPort, workerData: { memory, thread, scale, url } } = require('node:worker_threads');
    import(url).then(({ Wake }) => {
      const wake = new Wake(memory);
      let seen = wake.join(thread);
      parentPort.postMessage('up');
      while (!wake.isStopped()) {
        const generation = wake.sleep(seen);
        if (generation !== seen) {
          seen = generation;
          for (let block = 0; block < wake.blocksAsked(); block++)
            wake.mixOf(thread, block).forEach((channel, c) => channel.fill(generation * scale + block + c * 1000));
          wake.done(thread, generation, 0.5, 1.25);
        }
        if (wake.hasMail(thread)) wake.mailTaken(thread);
      }
      process.exit(0);
    });`;
  const url = new URL('./wake.ts', import.meta.url).href;
  const worker = new Worker(code, { eval: true, workerData: { memory: wake.memory, thread, scale, url } });
  await once(worker, 'message');
  return worker;
}

t.test('wake adds what every thread rendered in the same request', async (t) => {
  const wake = Wake.create(SHAPE);
  const workers = [await renderThread(wake, 0, 10), await renderThread(wake, 1, 100)];
  for (let generation = 1; generation <= 500; generation++) {
    const blocks = 1 + (generation % 4);
    const late = wake.request(blocks, 5000);
    const last = blocks * 64 - 1;
    const seen = [late, wake.mix[0]![0], wake.mix[0]![last], wake.mix[1]![last]];
    const wanted = [
      0,
      110 * generation,
      110 * generation + 2 * (blocks - 1),
      110 * generation + 2 * (blocks - 1) + 2000,
    ];
    if (seen.join() !== wanted.join()) t.same(seen, wanted, `request ${generation}`);
  }
  t.equal(wake.lateBlocks(0) + wake.lateBlocks(1), 0, 'nobody was late');
  t.equal(wake.clockFrames(), 64 * (500 / 4) * (1 + 2 + 3 + 4), 'the clock counts the frames asked');
  t.ok(wake.load(0) > 0.49 && wake.load(0) <= 0.5, 'the load converges to what the thread says');
  t.equal(wake.takeLongestMs(1), 1.25);
  t.equal(wake.takeLongestMs(1), 0, 'the longest block is taken once');
  await Promise.all([wake.mailPosted(0), wake.mailPosted(0), wake.mailPosted(1)]);
  t.pass('letters are acknowledged without any request');
  const ends = workers.map((worker) => once(worker, 'exit'));
  wake.stop();
  await Promise.all(ends);
});

t.test('wake goes on without a stuck thread, and takes it back', async (t) => {
  const wake = Wake.create(SHAPE);
  const worker = await renderThread(wake, 0, 1);
  const stuck = wake.join(1);
  t.equal(wake.request(1, 30), 1, 'the stuck thread is late');
  t.equal(wake.mix[0]![0], 1, 'the other one is heard');
  const began = performance.now();
  for (let i = 0; i < 100; i++) wake.request(2, 5000);
  t.ok(performance.now() - began < 5000, 'no request waits for a thread that has not caught up');
  t.equal(wake.lateBlocks(1), 201);
  wake.mixOf(1, 0)[0]!.fill(7000);
  wake.done(1, stuck + 101, 0, 0);
  const thread = new Promise<void>((resolve) => setTimeout(resolve, 0));
  await thread;
  t.equal(wake.request(1, 30), 1, 'it is waited for again once it has answered, and is late again');
  t.equal(wake.lateBlocks(1), 202);
  t.equal(wake.lateBlocks(0), 0);
  const ended = once(worker, 'exit');
  wake.stop();
  await ended;
});
