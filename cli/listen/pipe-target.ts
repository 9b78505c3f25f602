import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { type PcmFormat, payloadOf } from '@audiocloud/api';
import type { SoundTarget } from './sound-target.ts';

/** Samples without a header into a stream, little-endian, channels interleaved; it waits for who reads. */
export function pipeTarget(name: string, to: Writable, format: PcmFormat): SoundTarget {
  const ended = Promise.withResolvers<void>();
  ended.promise.catch(() => {}); // whoever writes awaits it
  // who reads may end first: `head`, a closed player
  to.on('error', (error: NodeJS.ErrnoException) => (error.code === 'EPIPE' ? ended.resolve() : ended.reject(error)));
  to.on('close', () => ended.resolve());
  return {
    name,
    ended: ended.promise,
    async write(samples) {
      if (to.writable && !to.write(payloadOf(samples, format))) await Promise.race([once(to, 'drain'), ended.promise]);
      return 0;
    },
    async close() {
      if (to !== process.stdout) await new Promise<void>((resolve) => to.end(() => resolve()));
    },
  };
}
