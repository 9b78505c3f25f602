import type { PacketMeters } from '@audiocloud/api/packet';
import type { Piece } from './sink-reader.ts';

/** What becomes a packet, but for what all packets of an encoder share. */
export interface CodedPiece {
  playId: number;
  streamFrame: number;
  timelineFrame: number;
  /** At the rate of the encoder, behind `skipFrames`. */
  frames: number;
  skipFrames: number;
  begins: boolean;
  payload: Uint8Array;
  meters: PacketMeters;
}

/** Makes the pieces of one node into what is sent in one format. [stream thread] */
export interface PieceEncoder {
  /** Of what comes out. */
  readonly sampleRate: number;
  /** meters: of the piece. An encoder with a delay gives what is whole by now. */
  encode(piece: Piece, meters: PacketMeters): CodedPiece[];
  /** What it holds back: nothing will follow on what came last. */
  flush(): CodedPiece[];
  close(): void;
}
