import { readdirSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { AudioContext } from 'node-web-audio-api';
import { DEVICE_PRIORITY, raisePriority, threadId } from '../thread/priority.ts';
import { Wake } from '../thread/wake.ts';
import type { DeviceNote, DeviceThreadData } from './device-thread.ts';

/*
 * The balanced mode: buffers of some 10 ms are rendered and scheduled AHEAD_SECONDS before they sound, back to back on
 * the card's own clock, in frames.
 */
const AHEAD_SECONDS = 0.04;
const BUFFER_SECONDS = 0.01;
const TURN_MS = 3;
/** A dead JACK server freezes the clock and says nothing. */
const FROZEN_MS = 1000;

const data = workerData as DeviceThreadData;
const wake = new Wake(data.memory);
const stop = new Int32Array(data.stop);
const { sampleRate, blockFrames } = wake;
const blocks = Math.min(wake.maxBlocks, Math.max(1, Math.round((BUFFER_SECONDS * sampleRate) / blockFrames)));
const frames = blocks * blockFrames;
const tell = (note: DeviceNote): void => parentPort!.postMessage(note);

const systemThreads = (): number[] => {
  try {
    return readdirSync('/proc/self/task').map(Number);
  } catch {
    return [];
  }
};

const before = new Set(systemThreads());
const context = new AudioContext({ sampleRate, latencyHint: 'balanced' });
await context.resume();
// the library's own threads render and feed the card: they need what ours have
for (const tid of systemThreads()) if (!before.has(tid)) raisePriority(DEVICE_PRIORITY, tid);
raisePriority(DEVICE_PRIORITY, threadId());

let next = -1;
let lastTime = -1;
let movedAt = performance.now();

function schedule(now: number): void {
  if (next < now * sampleRate) {
    // the first buffer, or the card has run past what we had scheduled
    const first = Math.round((now + AHEAD_SECONDS) * sampleRate);
    if (next >= 0) wake.leaveOut(Math.ceil((first - next) / blockFrames));
    next = first;
  }
  while (next / sampleRate - now < AHEAD_SECONDS + BUFFER_SECONDS) {
    wake.request(blocks, BUFFER_SECONDS * 1000);
    const buffer = context.createBuffer(wake.channels, frames, sampleRate);
    for (let channel = 0; channel < wake.channels; channel++)
      buffer.copyToChannel(wake.mix[channel]!.subarray(0, frames) as Float32Array<ArrayBuffer>, channel);
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(context.destination);
    source.start(next / sampleRate);
    next += frames;
  }
}

function turn(): void {
  const now = context.currentTime;
  if (now !== lastTime) {
    lastTime = now;
    movedAt = performance.now();
  }
  const frozenMs = performance.now() - movedAt;
  if (context.state !== 'running' || frozenMs > FROZEN_MS) {
    tell({ type: 'lost', why: frozenMs > FROZEN_MS ? 'its clock stands still' : `it is ${context.state}` });
    return;
  }
  if (Atomics.load(stop, 0) !== 0) return void context.close();
  schedule(now);
  Atomics.wait(stop, 0, 0, TURN_MS);
  setImmediate(turn);
}

tell({ type: 'up' });
turn();
