import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { DEVICE_PRIORITY, raisePriority } from '../thread/priority.ts';
import { Wake } from '../thread/wake.ts';
import type { DeviceNote, DeviceThreadData } from './device-thread.ts';
import { GuardedMix } from './guarded-mix.ts';
import { OutputLevels } from './output-levels.ts';

/*
 * Between programs and the render threads: each block that came from the one that records is a request, and what was played in it
 * goes to the one that plays. Without inputs the clock is the pipe to that one, which takes no more than it can play.
 */
const data = workerData as DeviceThreadData;
const wake = new Wake(data.memory);
const stop = new Int32Array(data.stop);
const { blockFrames, sampleRate, channels: outputs, inputChannels: inputs } = wake;
const periodMs = (blockFrames / sampleRate) * 1000;
const inputBytes = blockFrames * inputs * 4;
const guarded = new GuardedMix(data.guards);
const levels = data.levels && new OutputLevels(data.levels);
const rack = data.rack?.kind === 'pipe' ? data.rack : undefined;
const tell = (note: DeviceNote): void => parentPort!.postMessage(note);
const children: ChildProcess[] = [];
let isEnding = false;
let lastWords = '';

function lose(why: string): void {
  if (isEnding) return;
  isEnding = true;
  tell({ type: 'lost', why: lastWords ? `${why}: ${lastWords}` : why });
  for (const child of children) child.kill();
}

function start([program, ...args]: readonly string[], reads: boolean, writes: boolean): ChildProcess {
  const child = spawn(program!, args, { stdio: [reads ? 'pipe' : 'ignore', writes ? 'pipe' : 'ignore', 'pipe'] });
  children.push(child);
  child.on('error', ({ message }) => lose(`cannot start ${program}: ${message}`));
  child.on('exit', (code, signal) => lose(`${program} ended with ${signal ?? `code ${code}`}`));
  child.stdin?.on('error', () => {}); // it ended: its exit says so
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    lastWords = text.trim().split('\n').at(-1)!.slice(0, 200);
  });
  return child;
}

/** One block: of what was heard, interleaved, if there is any. Returns what is played. */
function block(heard: Float32Array | undefined): Uint8Array {
  for (let channel = 0; heard && channel < inputs; channel++) {
    const to = wake.input[channel]!;
    for (let i = 0; i < blockFrames; i++) to[i] = heard[i * inputs + channel]!;
  }
  wake.request(1, periodMs);
  const safe = guarded.process(wake.mix, blockFrames);
  levels?.take(safe, blockFrames, sampleRate);
  const played = new Float32Array(blockFrames * outputs);
  for (let channel = 0; channel < outputs; channel++) {
    const from = safe[channel]!;
    for (let i = 0; i < blockFrames; i++) played[i * outputs + channel] = from[i]!;
  }
  return new Uint8Array(played.buffer);
}

function playWhatIsHeard(recorder: ChildProcess, player: ChildProcess | undefined): void {
  let received: Buffer = Buffer.alloc(0);
  recorder.stdout!.on('data', (chunk: Buffer) => {
    received = received.length ? Buffer.concat([received, chunk]) : chunk;
    for (; received.length >= inputBytes; received = received.subarray(inputBytes)) {
      const played = block(new Float32Array(Uint8Array.from(received.subarray(0, inputBytes)).buffer));
      player?.stdin?.write(played);
    }
  });
}

async function playAsMuchAsIsTaken({ stdin }: ChildProcess): Promise<void> {
  while (!isEnding) if (!stdin!.write(block(undefined))) await once(stdin!, 'drain');
}

const scheduling = raisePriority(DEVICE_PRIORITY);
if (rack) {
  const { play, record } = rack;
  const player = play && start(play, true, inputs > 0 && !record);
  const recorder = record ? start(record, false, true) : player;
  tell({ type: 'up', threads: [{ name: 'device', scheduling }] });
  if (inputs > 0) playWhatIsHeard(recorder!, player);
  else void playAsMuchAsIsTaken(player!).catch(() => {}); // it ended: its exit says so
} else lose('the rack says nothing of its programs');

// no await at the top: when a program is lost this thread is ended while it waits here
void Promise.resolve(Atomics.waitAsync(stop, 0, 0).value).then(() => {
  isEnding = true;
  for (const child of children) child.kill();
  process.exit(0);
});
