import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Wake } from '../../thread/wake.ts';

export interface Tone {
  frequencyHz: number;
  /** Linear peak; above 1 as well. */
  amplitude: number;
}

/** A render thread that plays a tone on each channel. Ends when the wake is stopped. */
export async function toneThread(wake: Wake, tones: readonly Tone[]): Promise<Worker> {
  const code = `
    const { parentPort, workerData: { memory, url, tones } } = require('node:worker_threads');
    import(url).then(({ Wake }) => {
      const wake = new Wake(memory);
      const mixes = Array.from({ length: wake.maxBlocks }, (_, block) => wake.mixOf(0, block));
      let frame = 0;
      let seen = wake.join(0);
      parentPort.postMessage('up');
      while (!wake.isStopped()) {
        const generation = wake.sleep(seen);
        if (generation === seen) continue;
        seen = generation;
        for (let block = 0; block < wake.blocksAsked(); block++)
          for (let i = 0; i < wake.blockFrames; i++, frame++)
            for (const [c, { frequencyHz, amplitude }] of tones.entries())
              mixes[block][c][i] = amplitude * Math.sin((2 * Math.PI * frequencyHz * frame) / wake.sampleRate);
        wake.done(0, generation, 0, 0);
      }
      process.exit(0);
    });`;
  const url = new URL('../../thread/wake.ts', import.meta.url).href;
  const worker = new Worker(code, { eval: true, workerData: { memory: wake.memory, url, tones } });
  await once(worker, 'message');
  return worker;
}
