// The thread that decodes: a worker of decode-pool.ts, one job at a time. A hanging decoder takes down only this thread.
import { parentPort, workerData } from 'node:worker_threads';
import { asAudioCloudError } from '@audiocloud/api/errors';
import { decodeMedia } from './decode-media.ts';
import type { DecodeAnswer, DecodeJob } from './decode-pool.ts';
import { type MediaFile, openMediaFile } from './media-file.ts';

const port = parentPort!;
const beat = new Int32Array(workerData.beat as SharedArrayBuffer);

// The decoders print each fault as well as returning it; we pass it on once, as an error.
console.error = () => {};

port.on('message', async (job: DecodeJob) => {
  let file: MediaFile | undefined;
  let answer: DecodeAnswer;
  try {
    file = openMediaFile(job.path);
    answer = { audio: await decodeMedia(file, job.sampleRate, job.maxBytes, () => Atomics.add(beat, 0, 1)) };
  } catch (thrown) {
    // What a decoder throws that is not ours (a trap, a bad header that its parser trips over) is the file's fault.
    answer = { error: asAudioCloudError(thrown, 'MEDIA_DAMAGED').toJSON() };
  } finally {
    file?.close();
  }
  port.postMessage(answer);
});
