import { createRequire } from 'node:module';
import { OPUS_RATE } from '@audiocloud/api/packet';

/** An encoder and a decoder of one or two channels. Addresses are bytes of the heap; what is below 0 is an error of libopus. */
export interface OpusHandler {
  /**
   * Samples are 16-bit, interleaved. `bytes` is 0: else so many words are taken for bytes, and made samples. Writes at most
   * OPUS_MOST_PACKET_BYTES to `packet`, and returns how many.
   */
  _encode(samples: number, bytes: number, packet: number, frames: number): number;
  /** Writes each byte of a sample as a word, and returns frames: at most 5,760, 120 ms. */
  _decode(packet: number, bytes: number, samples: number): number;
  _encoder_ctl(request: number, value: number): number;
  /** Frees its memory. */
  delete(): void;
}

/** What is used of opusscript's module. The views are others when the heap has grown: read them after each call. */
export interface Libopus {
  readonly HEAPU8: Uint8Array;
  readonly HEAP16: Int16Array;
  _malloc(bytes: number): number;
  _free(address: number): void;
  OpusScriptHandler: new (sampleRate: number, channels: number, application: number) => OpusHandler;
}

const APPLICATION_AUDIO = 2049;

/** What opusscript tells libopus that a packet may take. */
export const OPUS_MOST_PACKET_BYTES = 1276 * 3;

let library: Libopus | undefined;

/**
 * libopus in WebAssembly, once in a thread: the module of opusscript without its class, which keeps views of a heap that may grow, and
 * writes beyond what it allocated, since it takes an address in bytes for one in words. [control]
 */
export function loadLibopus(): Libopus {
  library ??= createRequire(import.meta.url)('opusscript/build/opusscript_native_wasm.js')() as Libopus;
  return library;
}

/** One at 48 kHz, whose application is `audio`. [control] */
export const createOpusHandler = (channels: number): OpusHandler =>
  new (loadLibopus().OpusScriptHandler)(OPUS_RATE, channels, APPLICATION_AUDIO);
