import { AudioCloudError } from '@audiocloud/api/errors';

/** LAME delays by this; a decoder adds 529 of its own, which it takes away itself. */
export const MP3_DELAY_FRAMES = 576;
const BIT_RATES = {
  1: [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  2: [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
} as const;
/** From `Info` to its CRC, with all fields. */
const TAG_BYTES = 156;
const RATES: Record<number, { version: number; index: number }> = {
  44100: { version: 3, index: 0 },
  48000: { version: 3, index: 1 },
  32000: { version: 3, index: 2 },
  22050: { version: 2, index: 0 },
  24000: { version: 2, index: 1 },
  16000: { version: 2, index: 2 },
  11025: { version: 0, index: 0 },
  12000: { version: 0, index: 1 },
  8000: { version: 0, index: 2 },
};

export interface Mp3Stream {
  sampleRate: number;
  channels: number;
  /** Bits a second, constant. */
  bitRate: number;
}

/** Frames of sound in one MPEG frame: 1152, or 576 below 32 kHz. [any] */
export const mp3FrameFrames = (sampleRate: number): number => (sampleRate >= 32000 ? 1152 : 576);

/** MPEG frames that our encoder makes of so many frames: they hold its delay, and what it looks ahead, as well. [any] */
export const mp3FramesOf = (frames: number, sampleRate: number): number =>
  Math.ceil(frames / mp3FrameFrames(sampleRate)) + (sampleRate >= 32000 ? 1 : 2);

/** Bytes of so many MPEG frames at a constant rate. LAME pads a frame by a byte where the fraction has run out, the first never. */
function bytesOf({ sampleRate, bitRate }: Mp3Stream, mpegFrames: number): number {
  const bits = (mp3FrameFrames(sampleRate) * bitRate) / 8;
  const fraction = bits % sampleRate;
  return mpegFrames * Math.floor(bits / sampleRate) + Math.ceil(((mpegFrames - 1) * fraction) / sampleRate);
}

/**
 * The MPEG frame `Info` before the sound: how long it is, and how much of it is delay and padding, so that decoders give the exact
 * frames. It is silent itself. [any]
 *
 * Source: Xing's VBR header, and the LAME tag (gabriel.mp3-tech.org/mp3infotag.html). The CRC of the music is left 0: it would be
 * known at the end only.
 */
export function mp3InfoFrame(stream: Mp3Stream, frames: number): Uint8Array {
  const { sampleRate, channels, bitRate } = stream;
  const rate = RATES[sampleRate];
  if (!rate) throw new AudioCloudError('INTERNAL', `Cannot write MP3 at ${sampleRate} Hz`);
  const isFirst = rate.version === 3;
  const frameFrames = mp3FrameFrames(sampleRate);
  // behind the header lies what says how the sound is packed: zero here
  const at = 4 + (isFirst ? (channels === 1 ? 17 : 32) : channels === 1 ? 9 : 17);
  const sizeAt = (kbps: number) => Math.floor((frameFrames * kbps * 125) / sampleRate);
  const table = BIT_RATES[isFirst ? 1 : 2];
  // the smallest that holds the tag, as large as the others where they are larger
  const index = table.findIndex((kbps) => kbps * 1000 >= bitRate && sizeAt(kbps) >= at + TAG_BYTES);
  const bytes = new Uint8Array(sizeAt(table[index]!));
  const view = new DataView(bytes.buffer);
  bytes.set([
    0xff,
    0xe0 | (rate.version << 3) | 0b011,
    ((index + 1) << 4) | (rate.index << 2),
    channels === 1 ? 0xc0 : 0,
  ]);
  const mpegFrames = mp3FramesOf(frames, sampleRate);
  const padding = mpegFrames * frameFrames - MP3_DELAY_FRAMES - frames;
  const musicBytes = bytes.length + bytesOf(stream, mpegFrames);
  bytes.set(new TextEncoder().encode('Info'), at);
  view.setUint32(at + 4, 0b1111); // frames, bytes, places, quality
  view.setUint32(at + 8, mpegFrames);
  view.setUint32(at + 12, Math.min(musicBytes, 0xffffffff));
  for (let i = 0; i < 100; i++) bytes[at + 16 + i] = Math.floor((i * 256) / 100); // at a constant rate all places are even
  view.setUint32(at + 116, 50);
  bytes.set(new TextEncoder().encode('LAME3.100'), at + 120);
  bytes[at + 129] = 1; // revision 0, constant bit rate
  bytes[at + 140] = Math.min(255, bitRate / 1000);
  bytes.set([MP3_DELAY_FRAMES >> 4, ((MP3_DELAY_FRAMES & 15) << 4) | (padding >> 8), padding & 255], at + 141);
  view.setUint32(at + 148, Math.min(musicBytes, 0xffffffff));
  view.setUint16(at + 154, crc16(bytes.subarray(0, at + 154)));
  return bytes;
}

/** CRC-16/ARC, as LAME. */
function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1;
  }
  return crc;
}
