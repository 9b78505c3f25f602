import { createRequire } from 'node:module';
import { AudioCloudError } from '@audiocloud/api/errors';

interface Handler {
  _decode(packet: number, bytes: number, samples: number): number;
}
interface OpusModule {
  HEAPU8: Uint8Array;
  HEAP16: Int16Array;
  _malloc(bytes: number): number;
  _free(address: number): void;
  OpusScriptHandler: {
    new (sampleRate: number, channels: number, application: number): Handler;
    destroy_handler(handler: Handler): void;
  };
}

const RATE = 48_000;
const APPLICATION_AUDIO = 2049;
/** 120 ms: the longest that a packet holds (RFC 6716, section 2.1.4). */
const MOST_FRAMES = 5760;
/** 48 frames of 1,275 bytes is the most (RFC 6716, section 3.2.5), but no encoder makes that; longer ones are refused. */
const MOST_PACKET_BYTES = 16_384;

let opus: OpusModule | undefined;

/**
 * Decodes the Opus packets of one or two channels, at 48 kHz. [control]
 *
 * opusscript's own class keeps views of a memory that may grow; so its module is used.
 */
export class OpusReader {
  readonly channels: number;
  readonly #opus: OpusModule;
  readonly #handler: Handler;
  readonly #packet: number;
  readonly #samples: number;

  constructor(channels: number) {
    opus ??= createRequire(import.meta.url)('opusscript/build/opusscript_native_wasm.js')() as OpusModule;
    this.#opus = opus;
    this.channels = channels;
    this.#handler = new opus.OpusScriptHandler(RATE, channels, APPLICATION_AUDIO);
    this.#packet = opus._malloc(MOST_PACKET_BYTES);
    this.#samples = opus._malloc(MOST_FRAMES * channels * 4); // each byte of a sample stands in two bytes
  }

  /** Interleaved, full scale 1. Throws MESSAGE_INVALID for what is no Opus packet. */
  decode(packet: Uint8Array): Float32Array {
    if (packet.length === 0 || packet.length > MOST_PACKET_BYTES)
      throw new AudioCloudError(
        'MESSAGE_INVALID',
        `Cannot decode an Opus packet of ${packet.length} bytes: wanted 1 to ${MOST_PACKET_BYTES}`,
      );
    this.#opus.HEAPU8.set(packet, this.#packet);
    const frames = this.#handler._decode(this.#packet, packet.length, this.#samples);
    if (frames < 0)
      throw new AudioCloudError('MESSAGE_INVALID', `Cannot decode an Opus packet: libopus says ${frames}`);
    const samples = new Float32Array(frames * this.channels);
    const words = this.#opus.HEAP16;
    for (let i = 0, at = this.#samples >> 1; i < samples.length; i++, at += 2)
      samples[i] = (((words[at + 1]! << 24) >> 16) | (words[at]! & 255)) / 32768;
    return samples;
  }

  close(): void {
    this.#opus._free(this.#packet);
    this.#opus._free(this.#samples);
    this.#opus.OpusScriptHandler.destroy_handler(this.#handler);
  }
}
