import { readdirSync } from 'node:fs';
import { AudioContext, mediaDevices } from 'node-web-audio-api';
import { CaptureRing } from './capture-ring.ts';
import { inputDelayFrames } from './input-delay.ts';
import { DEVICE_PRIORITY, leastScheduling, raisePriority, type Scheduling } from '../thread/priority.ts';

/*
 * The process that holds the sound card: native code may abort it, or be left spinning when the card is gone, and then it
 * is simply ended. Arguments: sample rate, channels, frames of a buffer (0: say what there is and end), input channels.
 *
 * It asks on stdout, in lines of JSON (CardNote); buffers come on stdin, planar f32. They are scheduled back to back on
 * the card's own clock AHEAD_SECONDS before they sound, so nothing needs to be in time to the millisecond. A buffer has
 * its place on that clock from when it is asked for. With the asking goes what was heard inputDelayFrames before that place:
 * always the same time, however late anybody is.
 */
const AHEAD_SECONDS = 0.04;
const TURN_MS = 3;
/** A buffer that comes later than this before its place is left out: it might be played later than there. */
const LATE_SECONDS = 0.01;
const CAPTURE_FRAMES = 512;
const QUANTUM_FRAMES = 128;
const CAPTURE_SECONDS = 2;
/** A dead JACK server freezes the clock and says nothing. */
const FROZEN_MS = 1000;

export type CardNote =
  | { up: { sampleRate: number; scheduling: Scheduling } }
  /** Buffers wanted; input: what belongs to them, planar f32 one buffer after the other, in base64. */
  | { need: number; input?: string }
  /** The card ran out of what was scheduled: frames of silence. */
  | { missedFrames: number }
  | { lost: string };

const [wantedRate, channels, frames, inputs] = process.argv.slice(2).map(Number) as [number, number, number, number];
const bufferBytes = frames * channels * 4;
const say = (note: CardNote): void => void process.stdout.write(`${JSON.stringify(note)}\n`);
// with a callback: process.exit alone would cut the line off
const end = (note: CardNote): void => void process.stdout.write(`${JSON.stringify(note)}\n`, () => process.exit(0));

/** Places of the buffers that were asked for, on the card's clock, in frames. */
const places: number[] = [];
let nextPlace = -1;

function schedule(context: AudioContext, bytes: Uint8Array): void {
  const { currentTime, sampleRate } = context;
  const place = places.shift()!;
  if (place < (currentTime + LATE_SECONDS) * sampleRate) {
    say({ missedFrames: frames });
    return;
  }
  const samples = new Float32Array(bytes.slice().buffer);
  const buffer = context.createBuffer(channels, frames, sampleRate);
  for (let channel = 0; channel < channels; channel++)
    buffer.copyToChannel(samples.subarray(channel * frames, (channel + 1) * frames), channel);
  const source = context.createBufferSource();
  source.buffer = buffer;
  source.connect(context.destination);
  source.start(place / sampleRate);
}

/** Asks for the buffers of the next AHEAD_SECONDS. */
function ask({ currentTime, sampleRate }: AudioContext, heard: CaptureRing | undefined): void {
  const now = currentTime * sampleRate;
  if (nextPlace < now) {
    const first = Math.round(now + (AHEAD_SECONDS / 2) * sampleRate);
    if (nextPlace >= 0) say({ missedFrames: first - nextPlace });
    nextPlace = first;
  }
  const need = Math.ceil((now + AHEAD_SECONDS * sampleRate - nextPlace) / frames);
  if (need <= 0) return;
  const input = new Float32Array(need * inputs * frames);
  for (let i = 0; i < need; i++) {
    places.push(nextPlace);
    heard?.read(
      nextPlace - inputDelayFrames(sampleRate),
      frames,
      input.subarray(i * inputs * frames, (i + 1) * inputs * frames),
    );
    nextPlace += frames;
  }
  say({ need, ...(heard ? { input: Buffer.from(input.buffer).toString('base64') } : {}) });
}

/** Keeps what the card hears. Its clock says when a piece was heard, whenever it comes here. */
async function listen(context: AudioContext): Promise<CaptureRing> {
  const stream = await mediaDevices.getUserMedia({ audio: true });
  const ring = new CaptureRing(inputs, CAPTURE_SECONDS * context.sampleRate);
  const processor = context.createScriptProcessor(CAPTURE_FRAMES, inputs, 1);
  processor.onaudioprocess = ({ playbackTime, inputBuffer }) => {
    // it tells when an answer to the piece would sound: a piece and a quantum after its first frame
    const from = Math.round(playbackTime * context.sampleRate) - CAPTURE_FRAMES - QUANTUM_FRAMES;
    ring.put(
      from,
      Array.from({ length: inputs }, (_, channel) => inputBuffer.getChannelData(channel)),
    );
  };
  context.createMediaStreamSource(stream).connect(processor);
  processor.connect(context.destination); // it is not run otherwise; what it gives is silence
  return ring;
}

function play(context: AudioContext, heard: CaptureRing | undefined): void {
  let received: Buffer = Buffer.alloc(0);
  process.stdin.on('data', (chunk: Buffer) => {
    received = received.length ? Buffer.concat([received, chunk]) : chunk;
    for (; received.length >= bufferBytes; received = received.subarray(bufferBytes))
      schedule(context, received.subarray(0, bufferBytes));
  });
  let lastTime = -1;
  let movedAt = performance.now();
  setInterval(() => {
    const { currentTime, state } = context;
    if (currentTime !== lastTime) {
      lastTime = currentTime;
      movedAt = performance.now();
    }
    if (performance.now() - movedAt > FROZEN_MS) end({ lost: 'its clock stands still' });
    else if (state !== 'running') end({ lost: `it is ${state}` });
    ask(context, heard);
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
      const heard = inputs > 0 ? await listen(context) : undefined;
      say({ up: { sampleRate, scheduling: raiseAllThreads() } });
      play(context, heard);
    }
  } catch (thrown) {
    end({ lost: thrown instanceof Error ? thrown.message : String(thrown) });
  }
}
