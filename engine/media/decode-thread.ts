// The thread that decodes: a worker of decode-pool.ts, one job at a time. A hanging decoder takes down only this thread.
import { parentPort, workerData } from 'node:worker_threads';
import { asAudioCloudError } from '@audiocloud/api/errors';
import { decodeMedia } from './decode-media.ts';
import { decodePlayable } from './decode-playable.ts';
import { isOnDisk } from './disk-sound.ts';
import type { DecodeAnswer, DecodeJob } from './decode-pool.ts';
import { type MediaFile, openMediaFile } from './media-file.ts';

const port = parentPort!;
const beat = new Int32Array(workerData.beat as SharedArrayBuffer);

// The decoders print each fault as well as returning it; we pass it on once, as an error.
console.error = () => {};

async function decode(file: MediaFile, { sampleRate, maxBytes, keep }: DecodeJob): Promise<DecodeAnswer> {
  const onBeat = () => Atomics.add(beat, 0, 1);
  if (!keep || sampleRate === undefined) return { audio: await decodeMedia(file, sampleRate, maxBytes, onBeat) };
  const sound = await decodePlayable(file, sampleRate, maxBytes, keep, onBeat);
  return isOnDisk(sound) ? { disk: sound } : { audio: sound };
}

port.on('message', async (job: DecodeJob) => {
  let file: MediaFile | undefined;
  let answer: DecodeAnswer;
  try {
    file = openMediaFile(job.path);
    answer = await decode(file, job);
  } catch (thrown) {
    // What a decoder throws that is not ours (a trap, a bad header that its parser trips over) is the file's fault.
    answer = { error: asAudioCloudError(thrown, 'MEDIA_DAMAGED').toJSON() };
  } finally {
    file?.close();
  }
  port.postMessage(answer);
});
