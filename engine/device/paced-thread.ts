import { parentPort, workerData } from 'node:worker_threads';
import { DEVICE_PRIORITY, raisePriority } from '../thread/priority.ts';
import { Wake } from '../thread/wake.ts';
import type { DeviceNote, DeviceThreadData } from './device-thread.ts';
import { GuardedMix } from './guarded-mix.ts';
import { LoopCables } from './loop-cables.ts';
import { OutputLevels } from './output-levels.ts';

/*
 * Block n is due at start + n x period, so that errors of single waits do not add up. With b blocks in store a card would
 * run out of sound b + 1 periods after that: so long the threads have, and so far behind the clock may be; what comes
 * later is left out and counted.
 */
const data = workerData as DeviceThreadData;
const wake = new Wake(data.memory);
const stop = new Int32Array(data.stop);
const periodMs = (wake.blockFrames / wake.sampleRate) * 1000;
const marginMs = (1 + (data.facts.bufferBlocks ?? 0)) * periodMs;

const loop = (data.rack?.kind === 'paced' && data.rack.loop) || [];
const cables = new LoopCables(loop, wake.blockFrames);
/** Where cables lead from its outputs somebody hears them. */
const guarded = loop.length > 0 ? new GuardedMix(data.guards) : undefined;
const levels = data.levels && new OutputLevels(data.levels);
const scheduling = raisePriority(DEVICE_PRIORITY);
let start = performance.now(); // before anybody hears of it: a stall from then on counts
let block = 0;
parentPort!.postMessage({ type: 'up', threads: [{ name: 'device', scheduling }] } satisfies DeviceNote);
while (Atomics.load(stop, 0) === 0) {
  const leftMs = start + block * periodMs - performance.now();
  // 0.005: below this a wait would cost more than it gives
  if (leftMs > 0.005) {
    Atomics.wait(stop, 0, 0, leftMs);
    continue;
  }
  if (leftMs <= -marginMs) {
    const blocks = Math.floor((-leftMs - marginMs) / periodMs) + 1;
    wake.leaveOut(blocks);
    start += blocks * periodMs;
    continue;
  }
  wake.lateness.add(-leftMs);
  cables.hear(wake.input);
  wake.request(1, marginMs + leftMs);
  const played = guarded ? guarded.process(wake.mix, wake.blockFrames) : wake.mix;
  levels?.take(played, wake.blockFrames, wake.sampleRate);
  cables.play(played);
  block++;
}
