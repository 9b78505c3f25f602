import { AudioCloudError } from '@audiocloud/api';
import type { DecodeAnswer, DecodeAsk } from './decode-worker.ts';
import type { LoadDecoder } from './packet-decoder.ts';

type Distributed<T> = T extends unknown ? Omit<T, 'id'> : never;

/** Decoders that run in a worker of `@audiocloud/client/decode-worker`, so that a busy page does not delay them, nor they the page. */
export function workerDecoders(worker: Worker): LoadDecoder {
  const waiting = new Map<number, { resolve(samples: Float32Array | undefined): void; reject(error: unknown): void }>();
  let [lastId, lastDecoder] = [0, 0];
  let broken: AudioCloudError | undefined;
  worker.onmessage = ({ data: { id, samples, error } }: MessageEvent<DecodeAnswer>) => {
    const one = waiting.get(id);
    waiting.delete(id);
    if (error) one?.reject(AudioCloudError.from(error));
    else one?.resolve(samples);
  };
  worker.onerror = ({ message }) => {
    broken = new AudioCloudError('DECODER_FAILED', `Cannot decode: the worker failed (${message}); listen in s16`);
    for (const { reject } of waiting.values()) reject(broken);
    waiting.clear();
  };
  const ask = (what: Distributed<DecodeAsk>) =>
    new Promise<Float32Array | undefined>((resolve, reject) => {
      if (broken) return reject(broken);
      const id = ++lastId;
      waiting.set(id, { resolve, reject });
      worker.postMessage({ ...what, id });
    });
  return async (format, channels) => {
    const decoder = ++lastDecoder;
    await ask({ type: 'load', decoder, format, channels });
    return {
      // the payload is a view of the whole message: its own bytes are enough
      decode: async (packet) =>
        (await ask({
          type: 'decode',
          decoder,
          packet: { ...packet, payload: packet.payload.slice(), meters: undefined },
        }))!,
      free: () => void ask({ type: 'free', decoder }).catch(() => {}),
    };
  };
}
