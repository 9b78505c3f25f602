import type { PacketFormat, PacketMeters } from '@audiocloud/api';

/** Decoded frames of a stream, in order, with where they belong and what was measured of the very same frames. */
export interface HeardPiece {
  /** Counts the plays that were heard from 0: a new one when the task plays anew, or was loaded anew. */
  play: number;
  run: number;
  playId: number;
  serial: number;
  /** Of the samples and of the positions: the rate of the task. */
  sampleRate: number;
  channels: number;
  frames: number;
  streamFrame: number;
  timelineFrame: number;
  /** Interleaved, full scale 1. */
  samples: Float32Array;
  format: PacketFormat;
  bitRate: number;
  meters: PacketMeters | undefined;
}
