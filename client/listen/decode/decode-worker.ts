import {
  type AudioCloudError,
  asAudioCloudError,
  type ErrorBody,
  type Packet,
  type PacketFormat,
} from '@audiocloud/api';
import { loadDecoder, type PacketDecoder } from './packet-decoder.ts';

/** Loads a decoder, decodes a packet with the one that was loaded under that number, or gives it up. */
export type DecodeAsk =
  | { id: number; decoder: number; type: 'load'; format: PacketFormat; channels: number }
  | { id: number; decoder: number; type: 'decode'; packet: Packet }
  | { id: number; decoder: number; type: 'free' };

export type DecodeAnswer = { id: number; samples?: Float32Array; error?: ErrorBody };

const decoders = new Map<number, Promise<PacketDecoder>>();
const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<DecodeAsk>) => void;
  postMessage(answer: DecodeAnswer, transfer?: Transferable[]): void;
};

async function answer(ask: DecodeAsk): Promise<Float32Array | undefined> {
  if (ask.type === 'load') {
    const loading = loadDecoder(ask.format, ask.channels);
    decoders.set(ask.decoder, loading);
    await loading;
    return undefined;
  }
  const decoder = await decoders.get(ask.decoder)!;
  if (ask.type === 'decode') return await decoder.decode(ask.packet);
  decoders.delete(ask.decoder);
  decoder.free();
  return undefined;
}

scope.onmessage = ({ data: { id, ...ask } }) => {
  answer({ id, ...ask } as DecodeAsk).then(
    (samples) => scope.postMessage({ id, ...(samples ? { samples } : {}) }, samples ? [samples.buffer] : []),
    (thrown: AudioCloudError) => scope.postMessage({ id, error: asAudioCloudError(thrown, 'DECODER_FAILED').toJSON() }),
  );
};
