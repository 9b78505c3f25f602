import { AudioCloudError } from '@audiocloud/api/errors';
import { OPUS_RATE } from '@audiocloud/api/packet';
import {
  createOpusHandler,
  type Libopus,
  loadLibopus,
  OPUS_MOST_PACKET_BYTES,
  type OpusHandler,
} from './load-libopus.ts';

/** Decoded frames at 48 kHz that come before the first frame that was given: libopus, application `audio`. A test measures it. */
export const OPUS_DELAY_FRAMES = 312;

/**
 * Longest packet that is asked of libopus. Its build in opusscript has 64 KiB of stack, of which 20 ms of stereo takes 56 KiB; 40 ms
 * overwrite what lies below it.
 */
export const OPUS_MOST_MS = 20;

const MOST_FRAMES = (OPUS_RATE * OPUS_MOST_MS) / 1000;
const SET_BITRATE = 4002;
const SET_COMPLEXITY = 4010;

export interface OpusPacketOptions {
  /** 1 or 2. */
  channels: number;
  /** Bits a second of all channels, 6000 to 256000 for each. */
  bitRate: number;
  /** Of libopus, 0 to 10. */
  complexity: number;
  /** Of what is thrown. */
  code: 'RENDER_FAILED' | 'STREAM_FORMAT';
}

/** Makes Opus packets at 48 kHz of one or two channels. [encode, stream thread] */
export class OpusPacketEncoder {
  readonly channels: number;
  readonly #code: OpusPacketOptions['code'];
  readonly #opus: Libopus;
  readonly #handler: OpusHandler;
  readonly #samples: number;
  readonly #packet: number;
  #isOpen = true;

  constructor({ channels, bitRate, complexity, code }: OpusPacketOptions) {
    const opus = loadLibopus();
    this.#opus = opus;
    this.#code = code;
    this.channels = channels;
    this.#handler = createOpusHandler(channels);
    this.#samples = opus._malloc(MOST_FRAMES * channels * 2);
    this.#packet = opus._malloc(OPUS_MOST_PACKET_BYTES);
    this.#set(SET_BITRATE, bitRate, `${bitRate} bits a second`);
    this.#set(SET_COMPLEXITY, complexity, `complexity ${complexity}`);
  }

  /** Where the next 20 ms go: 16 bits, interleaved. A view of the heap, valid until libopus is called again. */
  samples(): Int16Array {
    const first = this.#samples >> 1;
    return this.#opus.HEAP16.subarray(first, first + MOST_FRAMES * this.channels);
  }

  /** A packet of the first `frames` of `samples`, 10 or 20 ms: a view of the heap, valid until libopus is called again. */
  encode(frames: number): Uint8Array {
    const length = this.#handler._encode(this.#samples, 0, this.#packet, frames);
    if (length < 0) throw this.#refused(`${frames} frames`, length);
    return this.#opus.HEAPU8.subarray(this.#packet, this.#packet + length);
  }

  /** Gives its memory back. May be called again. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#handler.delete();
    this.#opus._free(this.#samples);
    this.#opus._free(this.#packet);
  }

  #set(request: number, value: number, what: string): void {
    const status = this.#handler._encoder_ctl(request, value);
    if (status === 0) return;
    this.close();
    throw this.#refused(what, status);
  }

  #refused(what: string, status: number): AudioCloudError {
    return new AudioCloudError(this.#code, `Cannot encode Opus: libopus refuses ${what} (${status})`, {
      channels: this.channels,
    });
  }
}
