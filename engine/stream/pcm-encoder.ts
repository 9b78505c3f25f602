import { type PacketMeters, type PcmFormat, payloadOf } from '@audiocloud/api/packet';
import type { CodedPiece, PieceEncoder } from './coded-piece.ts';
import type { Piece } from './sink-reader.ts';

/** Samples as they are, or rounded to 16 or 24 bits. [stream thread] */
export class PcmEncoder implements PieceEncoder {
  readonly sampleRate: number;
  readonly #format: PcmFormat;

  constructor(format: PcmFormat, sampleRate: number) {
    this.#format = format;
    this.sampleRate = sampleRate;
  }

  encode({ playId, streamFrame, timelineFrame, frames, samples }: Piece, meters: PacketMeters): CodedPiece[] {
    const payload = payloadOf(samples, this.#format);
    return [{ playId, streamFrame, timelineFrame, frames, skipFrames: 0, begins: false, payload, meters }];
  }

  flush(): CodedPiece[] {
    return [];
  }

  close(): void {}
}
