import { randomBytes } from 'node:crypto';

const HEAD_BYTES = 44;
/** Random bytes cost time: beyond this they come again. */
const MOST_RANDOM = 2 ** 20;

/** The head of a WAV file with so many bytes of samples: stereo, 16 bits, 48 kHz. */
export function wavHead(dataBytes: number): Buffer<ArrayBuffer> {
  const head = Buffer.alloc(HEAD_BYTES);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + dataBytes, 4);
  head.write('WAVEfmt ', 8);
  head.writeUInt32LE(16, 16);
  head.writeUInt16LE(1, 20);
  head.writeUInt16LE(2, 22);
  head.writeUInt32LE(48_000, 24);
  head.writeUInt32LE(192_000, 28);
  head.writeUInt16LE(4, 32);
  head.writeUInt16LE(16, 34);
  head.write('data', 36);
  head.writeUInt32LE(dataBytes, 40);
  return head;
}

/** A WAV file of exactly so many bytes (a multiple of 4, from 48): noise, which every time is another. */
export function noiseWav(bytes: number): Buffer<ArrayBuffer> {
  const dataBytes = bytes - HEAD_BYTES;
  const noise = randomBytes(Math.min(dataBytes, MOST_RANDOM));
  const times = Math.ceil(dataBytes / noise.length);
  return Buffer.concat([wavHead(dataBytes), ...Array<Buffer<ArrayBuffer>>(times).fill(noise)]).subarray(0, bytes);
}
