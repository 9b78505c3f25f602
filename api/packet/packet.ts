import { AudioCloudError } from '../errors.ts';
import { MOST_PACKET_CHANNELS, PACKET_FORMATS, type PacketFormat, partChannels, sampleBytes } from './packet-format.ts';
import { PACKET_AT, PACKET_BEGINS, PACKET_HEADER_BYTES, PACKET_MAGIC, PACKET_VERSION } from './packet-header.ts';
import type { PacketMeters } from './packet-meters.ts';

/**
 * A piece of the audio stream with the meters of the same frames. Each can be decoded by itself.
 *
 * To hear it: decode the payload, leave out the first `skipFrames` of what comes out, take the next `frames`. The first of them is
 * the frame of the positions, whatever delay the codec has.
 */
export interface Packet {
  /** Drawn when the engine loaded the task: play ids begin again with it. */
  run: number;
  playId: number;
  /**
   * Counts the packets of one node in one format, bit rate and packet length; the same for all who listen. It goes on through
   * plays and where nobody listens for a while.
   */
  serial: number;
  /** Of the payload, and of `frames` and `skipFrames`: 48,000 for opus. */
  sampleRate: number;
  /** Of the task, and of the positions. */
  positionRate: number;
  channels: number;
  frames: number;
  /** Decoded frames before the first that counts: the delay of the codec, at the first packet of an encoder. */
  skipFrames: number;
  /** A decoder that keeps something between packets (opus) begins anew here. */
  begins: boolean;
  format: PacketFormat;
  /** Of each two channels, bits a second, as asked for; 0 when lossless. */
  bitRate: number;
  /** Playhead at the first frame. */
  timelineFrame: number;
  /** Frames rendered since play at the first frame. */
  streamFrame: number;
  /** PCM: interleaved samples. Else the coded parts (packetParts). */
  payload: Uint8Array;
  meters?: PacketMeters | undefined;
}

/** The bytes of a packet. [any] */
export function encodePacket(packet: Packet): Uint8Array<ArrayBuffer> {
  const raw = packet.meters === undefined ? new Uint8Array(0) : new TextEncoder().encode(JSON.stringify(packet.meters));
  const metersBytes = Math.ceil(raw.length / 8) * 8;
  const { payload } = packet;
  const bytes = new Uint8Array(PACKET_HEADER_BYTES + metersBytes + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(PACKET_AT.magic, PACKET_MAGIC, true);
  view.setUint8(PACKET_AT.version, PACKET_VERSION);
  view.setUint8(PACKET_AT.format, PACKET_FORMATS.indexOf(packet.format));
  view.setUint8(PACKET_AT.channels, packet.channels);
  view.setUint8(PACKET_AT.flags, packet.begins ? PACKET_BEGINS : 0);
  for (const field of [
    'playId',
    'serial',
    'sampleRate',
    'frames',
    'skipFrames',
    'positionRate',
    'bitRate',
    'run',
  ] as const)
    view.setUint32(PACKET_AT[field], packet[field], true);
  view.setFloat64(PACKET_AT.timelineFrame, packet.timelineFrame, true);
  view.setFloat64(PACKET_AT.streamFrame, packet.streamFrame, true);
  view.setUint32(PACKET_AT.metersBytes, metersBytes, true);
  view.setUint32(PACKET_AT.payloadBytes, payload.length, true);
  bytes.fill(0x20, PACKET_HEADER_BYTES, PACKET_HEADER_BYTES + metersBytes);
  bytes.set(raw, PACKET_HEADER_BYTES);
  bytes.set(payload, PACKET_HEADER_BYTES + metersBytes);
  return bytes;
}

/**
 * Header, meters and payload; no codec runs. The payload is a view of `bytes`. [any]
 *
 * Throws MESSAGE_INVALID for what is not a whole packet.
 */
export function decodePacket(bytes: Uint8Array): Packet {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const refuse = (why: string): never => {
    throw new AudioCloudError('MESSAGE_INVALID', `Cannot read a packet of ${bytes.byteLength} bytes: ${why}`);
  };
  if (bytes.byteLength < PACKET_HEADER_BYTES || view.getUint32(PACKET_AT.magic, true) !== PACKET_MAGIC)
    refuse(`it does not begin with ACPK and ${PACKET_HEADER_BYTES} bytes of header`);
  const version = view.getUint8(PACKET_AT.version);
  if (version !== PACKET_VERSION) refuse(`version ${version}, wanted ${PACKET_VERSION}`);
  const u32 = (at: number) => view.getUint32(at, true);
  const format =
    PACKET_FORMATS[view.getUint8(PACKET_AT.format)] ?? refuse(`unknown format ${view.getUint8(PACKET_AT.format)}`);
  const channels = view.getUint8(PACKET_AT.channels);
  if (channels < 1 || channels > MOST_PACKET_CHANNELS)
    refuse(`${channels} channels, wanted 1 to ${MOST_PACKET_CHANNELS}`);
  const frames = u32(PACKET_AT.frames);
  const payloadAt = PACKET_HEADER_BYTES + u32(PACKET_AT.metersBytes);
  const size = payloadAt + u32(PACKET_AT.payloadBytes);
  if (size !== bytes.byteLength) refuse(`its header speaks of ${size} bytes`);
  const pcmBytes = (u32(PACKET_AT.skipFrames) + frames) * channels * sampleBytes(format);
  if (pcmBytes > 0 && pcmBytes !== u32(PACKET_AT.payloadBytes))
    refuse(
      `${frames} frames of ${channels} channels in ${format} are ${pcmBytes} bytes, its payload has ${u32(PACKET_AT.payloadBytes)}`,
    );
  const text = new TextDecoder().decode(bytes.subarray(PACKET_HEADER_BYTES, payloadAt)).trimEnd();
  let meters: PacketMeters | undefined;
  try {
    if (text) meters = JSON.parse(text);
  } catch {
    refuse('its meters are not JSON');
  }
  return {
    run: u32(PACKET_AT.run),
    playId: u32(PACKET_AT.playId),
    serial: u32(PACKET_AT.serial),
    sampleRate: u32(PACKET_AT.sampleRate),
    positionRate: u32(PACKET_AT.positionRate),
    channels,
    frames,
    skipFrames: u32(PACKET_AT.skipFrames),
    begins: (view.getUint8(PACKET_AT.flags) & PACKET_BEGINS) !== 0,
    format,
    bitRate: u32(PACKET_AT.bitRate),
    timelineFrame: view.getFloat64(PACKET_AT.timelineFrame, true),
    streamFrame: view.getFloat64(PACKET_AT.streamFrame, true),
    payload: bytes.subarray(payloadAt),
    ...(meters === undefined ? {} : { meters }),
  };
}

/** A coded part of a packet: some of its channels, in their order. */
export interface PacketPart {
  firstChannel: number;
  channels: number;
  /** One FLAC frame, or one Opus packet. */
  bytes: Uint8Array;
}

/*
 * The payload of flac16, flac24 and opus: for each part u32 bytes, then the part. FLAC: one part for each 8 channels. Opus: one for
 * each 2 channels of the first 20 ms (or of all, when that is 10), then those of the next 20.
 */

/** Puts coded parts into a payload. [any] */
export function joinParts(parts: readonly Uint8Array[]): Uint8Array {
  const payload = new Uint8Array(parts.reduce((sum, part) => sum + 4 + part.length, 0));
  const view = new DataView(payload.buffer);
  let at = 0;
  for (const part of parts) {
    view.setUint32(at, part.length, true);
    payload.set(part, at + 4);
    at += 4 + part.length;
  }
  return payload;
}

/**
 * The coded parts of a packet in their order: FLAC frames of up to 8 channels each, Opus packets of up to 2. Of Opus there may be several
 * for the same channels, `firstChannel` tells; they follow each other. Views of the payload. Empty for PCM. [any]
 *
 * Throws MESSAGE_INVALID when the payload is not made of them.
 */
export function packetParts({ format, channels, payload }: Packet): PacketPart[] {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const widths = partChannels(format, channels);
  const parts: PacketPart[] = [];
  let firstChannel = 0;
  for (let at = 0; at < payload.length && widths.length > 0; ) {
    const length = at + 4 <= payload.length ? view.getUint32(at, true) : Number.POSITIVE_INFINITY;
    if (at + 4 + length > payload.length)
      throw new AudioCloudError(
        'MESSAGE_INVALID',
        `Cannot read the ${format} parts of a packet: its payload of ${payload.length} bytes ends in one`,
      );
    const width = widths[parts.length % widths.length]!;
    parts.push({ firstChannel, channels: width, bytes: payload.subarray(at + 4, at + 4 + length) });
    firstChannel = (firstChannel + width) % channels;
    at += 4 + length;
  }
  const rounds = widths.length === 0 ? 0 : parts.length / widths.length;
  if (widths.length > 0 && (rounds < 1 || !Number.isInteger(rounds) || (rounds > 1 && format !== 'opus')))
    throw new AudioCloudError(
      'MESSAGE_INVALID',
      `Cannot read the ${format} parts of a packet: there are ${parts.length} for ${channels} channels`,
    );
  return parts;
}
