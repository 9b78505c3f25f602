/*
 * The header of a packet, little-endian:
 *   0  u32  magic 'ACPK'      4  u8 version 2    5  u8 format (place in PACKET_FORMATS)   6  u8 channels   7  u8 flags
 *   8  u32  play id          12  u32 serial     16  u32 sample rate           20  u32 frames
 *  24  f64  timeline position, frames           32  f64 stream position, frames
 *  40  u32  bytes of the meters (JSON, padded with spaces to a multiple of 8)   44  u32 bytes of the payload
 *  48  u32  skip frames      52  u32 position rate   56  u32 bit rate, 0 when lossless   60  u32 run
 *  64  meters, then the payload
 * Flags: 1: the first packet of its encoder, a decoder begins anew. Others are 0 now, and read as nothing.
 */

/** Where the meters begin. */
export const PACKET_HEADER_BYTES = 64;
/** 'ACPK' */
export const PACKET_MAGIC = 0x4b504341;
export const PACKET_VERSION = 2;

/** Where the fields stand. */
export const PACKET_AT = {
  magic: 0,
  version: 4,
  format: 5,
  channels: 6,
  flags: 7,
  playId: 8,
  serial: 12,
  sampleRate: 16,
  frames: 20,
  timelineFrame: 24,
  streamFrame: 32,
  metersBytes: 40,
  payloadBytes: 44,
  skipFrames: 48,
  positionRate: 52,
  bitRate: 56,
  run: 60,
} as const;

export const PACKET_BEGINS = 1;
