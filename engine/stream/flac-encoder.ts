import { AudioCloudError } from '@audiocloud/api/errors';
import { joinParts, type PacketMeters, partChannels } from '@audiocloud/api/packet';
import type { Libflac } from '../codec/load-libflac.ts';
import type { CodedPiece, PieceEncoder } from './coded-piece.ts';
import type { Piece } from './sink-reader.ts';

/** The best search that is cheap: 5 is 3 % smaller than 2 and takes twice the time, which many channels or a high rate have not. */
const LEVEL = 5;
const LEVEL_OF_MANY = 2;
const MANY_SAMPLES_A_SECOND = 8 * 96_000;
/** libFLAC begins no encoder with shorter blocks. A last block may be shorter than it. */
const LEAST_BLOCK_FRAMES = 16;

/**
 * Each piece as FLAC frames that need nothing before them, up to 8 channels in one. [stream thread]
 *
 * libFLAC wants a frame more before it gives a block, unless the block is its last. So every piece has an encoder of its own, which
 * costs 10 us more than one that is kept, instead of a packet of delay. What is finer than half a step (2^-16, 2^-24) is
 * rounded, what is beyond full scale is clipped.
 */
export class FlacEncoder implements PieceEncoder {
  readonly sampleRate: number;
  readonly #flac: Libflac;
  readonly #bits: 16 | 24;
  readonly #level: number;
  readonly #widths: number[];

  constructor(flac: Libflac, { bits, channels, sampleRate }: { bits: 16 | 24; channels: number; sampleRate: number }) {
    this.#flac = flac;
    this.#bits = bits;
    this.sampleRate = sampleRate;
    this.#widths = partChannels('flac24', channels);
    this.#level = channels * sampleRate > MANY_SAMPLES_A_SECOND ? LEVEL_OF_MANY : LEVEL;
  }

  encode({ playId, streamFrame, timelineFrame, frames, samples }: Piece, meters: PacketMeters): CodedPiece[] {
    const channels = samples.length / frames;
    const scale = 2 ** (this.#bits - 1);
    let first = 0;
    const parts = this.#widths.map((width) => {
      const block = new Int32Array(frames * width);
      for (let c = 0; c < width; c++)
        for (let i = 0, from = first + c, to = c; i < frames; i++, from += channels, to += width)
          block[to] = Math.max(-scale, Math.min(scale - 1, Math.round(samples[from]! * scale)));
      first += width;
      return this.#frame(block, width, frames);
    });
    const payload = joinParts(parts);
    return [{ playId, streamFrame, timelineFrame, frames, skipFrames: 0, begins: false, payload, meters }];
  }

  flush(): CodedPiece[] {
    return [];
  }

  close(): void {}

  #frame(block: Int32Array, channels: number, frames: number): Uint8Array {
    const flac = this.#flac;
    const blockFrames = Math.max(LEAST_BLOCK_FRAMES, frames);
    const encoder = flac.create_libflac_encoder(
      this.sampleRate,
      channels,
      this.#bits,
      this.#level,
      0,
      false,
      blockFrames,
    );
    const written: Uint8Array[] = [];
    const status = flac.init_encoder_stream(encoder, (bytes, length, samples) => {
      if (samples > 0) written.push(bytes.slice(0, length)); // a view of its memory
    });
    const isDone =
      status === 0 &&
      flac.FLAC__stream_encoder_process_interleaved(encoder, block, frames) &&
      flac.FLAC__stream_encoder_finish(encoder);
    flac.FLAC__stream_encoder_delete(encoder);
    if (!isDone || written.length === 0)
      throw new AudioCloudError(
        'STREAM_FORMAT',
        `Cannot send FLAC: ${frames} frames of ${channels} channels at ${this.sampleRate} Hz were refused by the encoder (${status})`,
      );
    return written.length === 1 ? written[0]! : Buffer.concat(written);
  }
}
