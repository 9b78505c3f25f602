import { parentPort, workerData } from 'node:worker_threads';
import { DEVICE_PRIORITY, raisePriority } from '../thread/priority.ts';
import { Wake } from '../thread/wake.ts';
import { CardProcess } from './card-process.ts';
import type { DeviceNote, DeviceThreadData } from './device-thread.ts';
import { GuardedMix } from './guarded-mix.ts';
import { OutputLevels } from './output-levels.ts';

/*
 * Between the card's process and the render threads: each buffer that the card asks for is one request of some blocks.
 */
const BUFFER_SECONDS = 0.01;

const data = workerData as DeviceThreadData;
const wake = new Wake(data.memory);
const stop = new Int32Array(data.stop);
const { sampleRate, blockFrames, channels, inputChannels: inputs } = wake;
const blocks = Math.min(wake.maxBlocks, Math.max(1, Math.round((BUFFER_SECONDS * sampleRate) / blockFrames)));
const frames = blocks * blockFrames;
const guarded = new GuardedMix(data.guards);
const levels = data.levels && new OutputLevels(data.levels);
const tell = (note: DeviceNote): void => parentPort!.postMessage(note);

/** input: what was heard, of one buffer, planar. */
function give(input: Float32Array): void {
  for (let channel = 0; channel < inputs; channel++)
    wake.input[channel]!.set(input.subarray(channel * frames, (channel + 1) * frames));
  wake.request(blocks, BUFFER_SECONDS * 1000);
  const heard = guarded.process(wake.mix, frames);
  levels?.take(heard, frames, sampleRate);
  const samples = new Float32Array(channels * frames);
  for (let channel = 0; channel < channels; channel++)
    samples.set(heard[channel]!.subarray(0, frames), channel * frames);
  card.send(new Uint8Array(samples.buffer));
}

const card = new CardProcess({ sampleRate, channels, frames, inputs }, (note) => {
  if ('up' in note)
    tell({
      type: 'up',
      threads: [
        { name: 'device', scheduling },
        { name: 'sound system', scheduling: note.up.scheduling },
      ],
    });
  else if ('need' in note) {
    const heard = new Float32Array(note.need * inputs * frames);
    if (note.input) new Uint8Array(heard.buffer).set(Buffer.from(note.input, 'base64'));
    for (let i = 0; i < note.need; i++) give(heard.subarray(i * inputs * frames, (i + 1) * inputs * frames));
  } else if ('missedFrames' in note) wake.leaveOut(Math.ceil(note.missedFrames / blockFrames));
  else tell({ type: 'lost', why: note.lost });
});
const scheduling = raisePriority(DEVICE_PRIORITY);

// no await at the top: when the card is lost this thread is ended while it waits here
void Promise.resolve(Atomics.waitAsync(stop, 0, 0).value)
  .then(() => card.end())
  .then(() => process.exit(0));
