import { AudioCloudError } from '@audiocloud/api/errors';
import { createOpusHandler, type Libopus, loadLibopus, type OpusHandler } from '../codec/load-libopus.ts';

/** 120 ms: the longest that a packet holds (RFC 6716, section 2.1.4). */
const MOST_FRAMES = 5760;
/** 48 frames of 1,275 bytes is the most (RFC 6716, section 3.2.5), but no encoder makes that; longer ones are refused. */
const MOST_PACKET_BYTES = 16_384;

/**
 * Decodes the Opus packets of one or two channels, at 48 kHz. [control]
 */
export class OpusReader {
  readonly channels: number;
  readonly #opus: Libopus;
  readonly #handler: OpusHandler;
  readonly #packet: number;
  readonly #samples: number;
  #isOpen = true;

  constructor(channels: number) {
    const opus = loadLibopus();
    this.#opus = opus;
    this.channels = channels;
    this.#handler = createOpusHandler(channels);
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

  /** Gives its memory back. May be called again. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#opus._free(this.#packet);
    this.#opus._free(this.#samples);
    this.#handler.delete();
  }
}
