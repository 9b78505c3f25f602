import { createRequire } from 'node:module';
import { AudioCloudError } from '@audiocloud/api/errors';

/** Decoded frames at 48 kHz that come before the first frame that was given: libopus, application `audio`. A test measures it. */
export const OPUS_DELAY_FRAMES = 312;

/**
 * Longest packet that is asked of libopus. Its build in opusscript has 64 KiB of stack, of which 20 ms of stereo takes 56 KiB; 40 ms
 * overwrite what lies below it.
 */
export const OPUS_MOST_MS = 20;

interface Handler {
  _encode(samples: number, bytes: number, packet: number, frames: number): number;
  _encoder_ctl(request: number, value: number): number;
}
interface OpusModule {
  HEAPU8: Uint8Array;
  HEAPU16: Uint16Array;
  _malloc(bytes: number): number;
  _free(address: number): void;
  OpusScriptHandler: {
    new (sampleRate: number, channels: number, application: number): Handler;
    destroy_handler(handler: Handler): void;
  };
}

const RATE = 48_000;
const APPLICATION_AUDIO = 2049;
const SET_BITRATE = 4002;
const MOST_PACKET_BYTES = 1276 * 3;
const MOST_FRAMES = (RATE * OPUS_MOST_MS) / 1000;

let opus: OpusModule | undefined;

/**
 * One Opus encoder of one or two channels at 48 kHz. [stream thread]
 *
 * opusscript's own class keeps views of the memory, which are empty once another encoder made it grow, and writes beyond what it
 * allocated: it takes an address in bytes for one in words. So its module is used, which wants each byte of a sample as a word.
 */
export class OpusChannels {
  readonly channels: number;
  readonly #opus: OpusModule;
  readonly #handler: Handler;
  readonly #samples: number;
  readonly #packet: number;

  constructor(channels: number, bitRate: number) {
    opus ??= createRequire(import.meta.url)('opusscript/build/opusscript_native_wasm.js')() as OpusModule;
    this.#opus = opus;
    this.channels = channels;
    this.#handler = new opus.OpusScriptHandler(RATE, channels, APPLICATION_AUDIO);
    this.#samples = opus._malloc(MOST_FRAMES * channels * 4);
    this.#packet = opus._malloc(MOST_PACKET_BYTES);
    const status = this.#handler._encoder_ctl(SET_BITRATE, bitRate);
    if (status < 0)
      throw new AudioCloudError(
        'STREAM_FORMAT',
        `Cannot send Opus at ${bitRate} bits a second: the encoder says ${status}`,
      );
  }

  /** planes: of all channels; frames from `at` on, 10 or 20 ms. */
  encode(planes: readonly Float32Array[], at: number, frames: number): Uint8Array {
    const { channels } = this;
    const into = this.#opus.HEAPU16.subarray(this.#samples >> 1);
    for (let c = 0; c < channels; c++) {
      const plane = planes[c]!;
      for (let i = 0, to = 2 * c; i < frames; i++, to += 2 * channels) {
        const value = Math.max(-32768, Math.min(32767, Math.round(plane[at + i]! * 32768)));
        into[to] = value & 0xff;
        into[to + 1] = (value >> 8) & 0xff;
      }
    }
    const length = this.#handler._encode(this.#samples, frames * channels * 2, this.#packet, frames);
    if (length < 0)
      throw new AudioCloudError(
        'STREAM_FORMAT',
        `Cannot send Opus: ${frames} frames were refused by the encoder (${length})`,
      );
    return this.#opus.HEAPU8.slice(this.#packet, this.#packet + length);
  }

  close(): void {
    this.#opus.OpusScriptHandler.destroy_handler(this.#handler);
    this.#opus._free(this.#samples);
    this.#opus._free(this.#packet);
  }
}
