import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { TaskHelper } from './task-helper.ts';
import type { TaskImage } from './task-image.ts';

export interface HelperThreadData {
  image: TaskImage;
  /** 1 and above. */
  seat: number;
  /** Two i32: 1 at the end; how many images were sent after this one. */
  words: SharedArrayBuffer;
}

/*
 * A worker that does branches of one task which is rendered offline by another thread. It never returns to its event loop
 * before the end; who ends it sets the word and disturbs its sleep, and so does who sends an image.
 */
const SLEEP_MS = 100;

const { image, seat, ...data } = workerData as HelperThreadData;
const words = new Int32Array(data.words);
const helper = new TaskHelper(image, seat);
parentPort!.postMessage('up');
let taken = 0;
while (Atomics.load(words, 0) === 0) {
  if (helper.help()) continue;
  if (Atomics.load(words, 1) === taken) helper.sleep(SLEEP_MS);
  else {
    const received = receiveMessageOnPort(parentPort!) as { message: TaskImage } | undefined;
    if (!received) continue; // on its way
    helper.update(received.message);
    taken += 1;
  }
}
