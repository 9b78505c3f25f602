import { parentPort, workerData } from 'node:worker_threads';
import { DEVICE_PRIORITY, raisePriority } from '../thread/priority.ts';
import { Wake } from '../thread/wake.ts';
import type { DeviceNote, DeviceThreadData } from './device-thread.ts';

/*
 * Block n is due at start + n x period, so that errors of single waits do not add up. After a stall the blocks that are
 * due are rendered at once, up to CATCH_UP_MS of them; older ones are left out and counted. No card waits for these
 * blocks, so a thread may take as long: listeners would rather have the sound late than not.
 */
const CATCH_UP_MS = 50;

const data = workerData as DeviceThreadData;
const wake = new Wake(data.memory);
const stop = new Int32Array(data.stop);
const periodMs = (wake.blockFrames / wake.sampleRate) * 1000;

raisePriority(DEVICE_PRIORITY);
parentPort!.postMessage({ type: 'up' } satisfies DeviceNote);
let start = performance.now();
let block = 0;
while (Atomics.load(stop, 0) === 0) {
  const leftMs = start + block * periodMs - performance.now();
  // 0.005: below this a wait would cost more than it gives
  if (leftMs > 0.005) {
    Atomics.wait(stop, 0, 0, leftMs);
    continue;
  }
  if (leftMs < -CATCH_UP_MS) {
    const blocks = Math.ceil((-leftMs - CATCH_UP_MS) / periodMs);
    wake.leaveOut(blocks);
    start += blocks * periodMs;
    continue;
  }
  wake.request(1, CATCH_UP_MS);
  block++;
}
