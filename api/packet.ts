import type { SampleFormat } from './live.ts';
import { AudioCloudError } from './errors.ts';

/*
 * A packet, little-endian:
 *   0  u32  magic 'ACPK'      4  u8 version 1    5  u8 format (0 s16, 1 f32)   6  u8 channels    7  u8 flags (0)
 *   8  u32  play id          12  u32 serial     16  u32 sample rate           20  u32 frames
 *  24  f64  timeline position, frames           32  f64 stream position, frames
 *  40  u32  bytes of the meters (JSON, padded with spaces to a multiple of 8)   44  u32 reserved
 *  48  meters, then the samples, channels interleaved
 */
const HEADER_BYTES = 48;
const MAGIC = 0x4b504341;
const FORMATS: SampleFormat[] = ['s16', 'f32'];

/** A piece of the audio stream with the meters of the same frames. */
export interface Packet {
  playId: number;
  /** Counts the packets of a stream from 0. */
  serial: number;
  sampleRate: number;
  channels: number;
  frames: number;
  format: SampleFormat;
  /** Playhead at the first frame. */
  timelineFrame: number;
  /** Frames rendered since play at the first frame. */
  streamFrame: number;
  /** Interleaved; Int16Array for s16, Float32Array for f32. */
  samples: Int16Array | Float32Array;
  meters?: unknown;
}

export function encodePacket(packet: Packet): Uint8Array {
  const json = packet.meters === undefined ? '' : JSON.stringify(packet.meters);
  const raw = new TextEncoder().encode(json);
  const metersBytes = Math.ceil(raw.length / 8) * 8;
  const bytes = new Uint8Array(HEADER_BYTES + metersBytes + packet.samples.byteLength);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint8(4, 1);
  view.setUint8(5, FORMATS.indexOf(packet.format));
  view.setUint8(6, packet.channels);
  view.setUint32(8, packet.playId, true);
  view.setUint32(12, packet.serial, true);
  view.setUint32(16, packet.sampleRate, true);
  view.setUint32(20, packet.frames, true);
  view.setFloat64(24, packet.timelineFrame, true);
  view.setFloat64(32, packet.streamFrame, true);
  view.setUint32(40, metersBytes, true);
  bytes.fill(0x20, HEADER_BYTES, HEADER_BYTES + metersBytes);
  bytes.set(raw, HEADER_BYTES);
  const { buffer, byteOffset, byteLength } = packet.samples;
  bytes.set(new Uint8Array(buffer, byteOffset, byteLength), HEADER_BYTES + metersBytes);
  return bytes;
}

/** Throws MESSAGE_INVALID for what is not a whole packet. The samples are a copy. */
export function decodePacket(bytes: Uint8Array): Packet {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const refuse = (why: string): never => {
    throw new AudioCloudError('MESSAGE_INVALID', `Cannot read a packet of ${bytes.byteLength} bytes: ${why}`);
  };
  if (bytes.byteLength < HEADER_BYTES || view.getUint32(0, true) !== MAGIC) refuse('it does not begin with ACPK');
  if (view.getUint8(4) !== 1) refuse(`version ${view.getUint8(4)}, wanted 1`);
  const format = FORMATS[view.getUint8(5)] ?? refuse(`unknown format ${view.getUint8(5)}`);
  const channels = view.getUint8(6);
  const frames = view.getUint32(20, true);
  const metersBytes = view.getUint32(40, true);
  const size = frames * channels * (format === 's16' ? 2 : 4);
  if (HEADER_BYTES + metersBytes + size !== bytes.byteLength)
    refuse(`its header speaks of ${HEADER_BYTES + metersBytes + size} bytes`);
  // not slice: that of a Buffer copies nothing
  const copy = new Uint8Array(bytes.subarray(HEADER_BYTES + metersBytes)).buffer;
  const text = new TextDecoder().decode(bytes.subarray(HEADER_BYTES, HEADER_BYTES + metersBytes)).trimEnd();
  return {
    playId: view.getUint32(8, true),
    serial: view.getUint32(12, true),
    sampleRate: view.getUint32(16, true),
    channels,
    frames,
    format,
    timelineFrame: view.getFloat64(24, true),
    streamFrame: view.getFloat64(32, true),
    samples: format === 's16' ? new Int16Array(copy) : new Float32Array(copy),
    ...(text ? { meters: JSON.parse(text) } : {}),
  };
}
