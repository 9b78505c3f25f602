import { createRequire } from 'node:module';
import { AudioCloudError } from '@audiocloud/api/errors';

/** Decoded frames at 48 kHz that come before the first frame that was given: libopus, application `audio`. A test measures it. */
export const OPUS_DELAY_FRAMES = 312;

interface Handler {
  _encode(samples: number, bytes: number, packet: number, frames: number): number;
  _encoder_ctl(request: number, value: number): number;
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
const SET_BITRATE = 4002;
const MOST_PACKET_BYTES = 1276 * 3;
const MOST_FRAMES = (RATE * 60) / 1000;

let opus: OpusModule | undefined;

/**
 * One Opus encoder of one or two channels at 48 kHz. [stream thread]
 *
 * opusscript's own class keeps views of the memory, which are empty once another encoder made it grow; so its module is used.
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
    this.#samples = opus._malloc(MOST_FRAMES * channels * 2);
    this.#packet = opus._malloc(MOST_PACKET_BYTES);
    const status = this.#handler._encoder_ctl(SET_BITRATE, bitRate);
    if (status < 0)
      throw new AudioCloudError('STREAM_FORMAT', `Cannot send Opus at ${bitRate} bits a second: the encoder says ${status}`);
  }

  /** planes: of all channels; frames from `at` on, 10, 20, 40 or 60 ms. */
  encode(planes: readonly Float32Array[], at: number, frames: number): Uint8Array {
    const { channels } = this;
    const into = this.#opus.HEAP16.subarray(this.#samples >> 1);
    for (let c = 0; c < channels; c++) {
      const plane = planes[c]!;
      for (let i = 0, to = c; i < frames; i++, to += channels)
        into[to] = Math.max(-32768, Math.min(32767, Math.round(plane[at + i]! * 32768)));
    }
    const length = this.#handler._encode(this.#samples, frames * channels * 2, this.#packet, frames);
    if (length < 0)
      throw new AudioCloudError('STREAM_FORMAT', `Cannot send Opus: ${frames} frames were refused by the encoder (${length})`);
    return this.#opus.HEAPU8.slice(this.#packet, this.#packet + length);
  }

  close(): void {
    this.#opus.OpusScriptHandler.destroy_handler(this.#handler);
    this.#opus._free(this.#samples);
    this.#opus._free(this.#packet);
  }
}
