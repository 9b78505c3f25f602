import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
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
/** Longest time without a block; from their start, as on a busy machine that takes seconds. As of a sound card. */
const SILENT_MS = 3000;
const START_MS = 20_000;
const LOOK_MS = 500;
/** What a program may still do after it was told to end. Less than the second after which this thread is ended. */
const END_MS = 400;
/** What a program that plays has not taken; if it is more, nothing is heard before it took all. */
const MOST_BEHIND_SECONDS = 1;
const mostBytes = MOST_BEHIND_SECONDS * sampleRate * outputs * 4;
let isEnding = false;
let lastWords = '';
let deadlineMs = performance.now() + START_MS;

function lose(why: string): void {
  if (isEnding) return;
  isEnding = true;
  tell({ type: 'lost', why: lastWords ? `${why}: ${lastWords}` : why });
  for (const child of children) child.kill('SIGKILL'); // one that hangs answers to nothing else
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
  deadlineMs = Math.max(deadlineMs, performance.now() + SILENT_MS);
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

function playWhatIsHeard({ stdout }: ChildProcess, to: Writable | undefined): void {
  let received: Buffer = Buffer.alloc(0);
  stdout!.on('data', (chunk: Buffer) => {
    received = received.length ? Buffer.concat([received, chunk]) : chunk;
    for (; received.length >= inputBytes; received = received.subarray(inputBytes)) {
      const played = block(new Float32Array(Uint8Array.from(received.subarray(0, inputBytes)).buffer));
      to?.write(played);
    }
    if (!to || to.writableLength <= mostBytes) return;
    stdout!.pause();
    to.once('drain', () => stdout!.resume());
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
  if (inputs > 0) playWhatIsHeard(recorder!, player?.stdin ?? undefined);
  else void playAsMuchAsIsTaken(player!).catch(() => {}); // it ended: its exit says so
  setInterval(() => {
    if (performance.now() < deadlineMs) return;
    const isHearing = inputs > 0 && !recorder!.stdout!.isPaused();
    lose(isHearing ? 'the program that records gives nothing' : 'the program that plays takes nothing');
  }, LOOK_MS);
} else lose('the rack says nothing of its programs');

// no await at the top: when a program is lost this thread is ended while it waits here
void Promise.resolve(Atomics.waitAsync(stop, 0, 0).value).then(async () => {
  isEnding = true;
  const alive = children.filter((child) => child.pid && child.exitCode === null && child.signalCode === null);
  const ended = alive.map((child) => once(child, 'exit'));
  for (const child of alive) child.kill();
  const kill = setTimeout(() => {
    for (const child of alive) child.kill('SIGKILL');
  }, END_MS);
  await Promise.allSettled(ended);
  clearTimeout(kill);
  process.exit(0);
});
