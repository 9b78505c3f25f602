import { readdirSync } from 'node:fs';
import { AudioContext } from 'node-web-audio-api';
import { DEVICE_PRIORITY, leastScheduling, raisePriority, type Scheduling } from '../thread/priority.ts';

/*
 * The process that holds the sound card: native code may abort it, or be left spinning when the card is gone, and then it
 * is simply ended. Arguments: sample rate, channels, frames of a buffer (0: say what there is and end).
 *
 * It asks on stdout, in lines of JSON (CardNote); buffers come on stdin, planar f32. They are scheduled back to back on
 * the card's own clock AHEAD_SECONDS before they sound, so nothing needs to be in time to the millisecond.
 */
const AHEAD_SECONDS = 0.04;
const TURN_MS = 3;
/** A dead JACK server freezes the clock and says nothing. */
const FROZEN_MS = 1000;

export type CardNote =
  | { up: { sampleRate: number; scheduling: Scheduling } }
  /** Buffers wanted. */
  | { need: number }
  /** The card ran out of what was scheduled: frames of silence. */
  | { missedFrames: number }
  | { lost: string };

const [wantedRate, channels, frames] = process.argv.slice(2).map(Number) as [number, number, number];
const bufferBytes = frames * channels * 4;
const say = (note: CardNote): void => void process.stdout.write(`${JSON.stringify(note)}\n`);
// with a callback: process.exit alone would cut the line off
const end = (note: CardNote): void => void process.stdout.write(`${JSON.stringify(note)}\n`, () => process.exit(0));

let next = -1;
let asked = 0;

function schedule(context: AudioContext, bytes: Uint8Array): void {
  asked--;
  const { currentTime, sampleRate } = context;
  if (next < currentTime * sampleRate) {
    const first = Math.round((currentTime + AHEAD_SECONDS / 2) * sampleRate);
    if (next >= 0) say({ missedFrames: first - next });
    next = first;
  }
  const samples = new Float32Array(bytes.slice().buffer);
  const buffer = context.createBuffer(channels, frames, sampleRate);
  for (let channel = 0; channel < channels; channel++)
    buffer.copyToChannel(samples.subarray(channel * frames, (channel + 1) * frames), channel);
  const source = context.createBufferSource();
  source.buffer = buffer;
  source.connect(context.destination);
  source.start(next / sampleRate);
  next += frames;
}

function play(context: AudioContext): void {
  let received: Buffer = Buffer.alloc(0);
  process.stdin.on('data', (chunk: Buffer) => {
    received = received.length ? Buffer.concat([received, chunk]) : chunk;
    for (; received.length >= bufferBytes; received = received.subarray(bufferBytes))
      schedule(context, received.subarray(0, bufferBytes));
  });
  let lastTime = -1;
  let movedAt = performance.now();
  setInterval(() => {
    const { currentTime, sampleRate, state } = context;
    if (currentTime !== lastTime) {
      lastTime = currentTime;
      movedAt = performance.now();
    }
    if (performance.now() - movedAt > FROZEN_MS) end({ lost: 'its clock stands still' });
    else if (state !== 'running') end({ lost: `it is ${state}` });
    const scheduledSeconds = Math.max(0, next / sampleRate - currentTime);
    const need = Math.ceil(((AHEAD_SECONDS - scheduledSeconds) * sampleRate) / frames) - asked;
    if (need <= 0) return;
    asked += need;
    say({ need });
  }, TURN_MS);
}

async function open(): Promise<AudioContext> {
  const context = new AudioContext({ sampleRate: wantedRate, latencyHint: 'balanced' });
  await context.resume();
  const until = performance.now() + 2000;
  while (context.currentTime === 0 && performance.now() < until) await new Promise((wake) => setTimeout(wake, 10));
  if (context.currentTime === 0) throw new Error('its clock does not move');
  return context;
}

/** Also the threads of the sound system, which take the blocks from here to the card. Returns the least that one got. */
function raiseAllThreads(): Scheduling {
  try {
    return leastScheduling(readdirSync('/proc/self/task').map((tid) => raisePriority(DEVICE_PRIORITY, Number(tid))));
  } catch {
    return 'none'; // no /proc: the system gives no priorities this way
  }
}

if (import.meta.main) {
  process.stdin.on('end', () => process.exit(0)); // the engine is gone
  try {
    const context = await open();
    const { sampleRate } = context;
    if (frames === 0) end({ up: { sampleRate, scheduling: 'none' } });
    else {
      say({ up: { sampleRate, scheduling: raiseAllThreads() } });
      play(context);
    }
  } catch (thrown) {
    end({ lost: thrown instanceof Error ? thrown.message : String(thrown) });
  }
}
