import { readFileSync, writeFileSync } from 'node:fs';
import { Fault } from './outcome.ts';

/** A WAV file as it lies on the disk. */
export interface WavFile {
  sampleRate: number;
  /** Bits of a sample; 32 is floating point. */
  bits: number;
  frames: number;
  /** Planar, full scale ±1. */
  channels: Float64Array[];
}

const FORMAT_PCM = 1;
const FORMAT_FLOAT = 3;
const FORMAT_EXTENSIBLE = 0xfffe;

/** Writes 32-bit floating point. [control] */
export function writeWav(path: string, sampleRate: number, channels: readonly Float32Array[]): void {
  const frames = channels[0]!.length;
  const frameBytes = channels.length * 4;
  const bytes = Buffer.alloc(44 + frames * frameBytes);
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt ', 8, 'latin1');
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(FORMAT_FLOAT, 20);
  bytes.writeUInt16LE(channels.length, 22);
  bytes.writeUInt32LE(sampleRate, 24);
  bytes.writeUInt32LE(sampleRate * frameBytes, 28);
  bytes.writeUInt16LE(frameBytes, 32);
  bytes.writeUInt16LE(32, 34);
  bytes.write('data', 36, 'latin1');
  bytes.writeUInt32LE(frames * frameBytes, 40);
  for (let i = 0; i < frames; i++)
    for (let c = 0; c < channels.length; c++) bytes.writeFloatLE(channels[c]![i]!, 44 + i * frameBytes + c * 4);
  writeFileSync(path, bytes);
}

/** Reads 16 and 24 bit PCM and 32-bit floating point. Throws a Fault for anything else. [control] */
export function readWav(path: string): WavFile {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    throw new Fault('there is no file');
  }
  if (bytes.length < 12 || bytes.toString('latin1', 0, 4) !== 'RIFF' || bytes.toString('latin1', 8, 12) !== 'WAVE')
    throw new Fault('the file is no WAV');
  let format: { tag: number; channels: number; sampleRate: number; bits: number } | undefined;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const name = bytes.toString('latin1', at, at + 4);
    const size = bytes.readUInt32LE(at + 4);
    const from = at + 8;
    if (name === 'fmt ') {
      const tag = bytes.readUInt16LE(from);
      format = {
        tag: tag === FORMAT_EXTENSIBLE ? bytes.readUInt16LE(from + 24) : tag,
        channels: bytes.readUInt16LE(from + 2),
        sampleRate: bytes.readUInt32LE(from + 4),
        bits: bytes.readUInt16LE(from + 14),
      };
    }
    if (name === 'data') {
      if (!format) throw new Fault('the file has samples before their format');
      return samplesOf(bytes.subarray(from, Math.min(bytes.length, from + size)), format);
    }
    at = from + size + (size & 1);
  }
  throw new Fault('the file has no samples');
}

function samplesOf(
  data: Buffer,
  { tag, channels: count, sampleRate, bits }: { tag: number; channels: number; sampleRate: number; bits: number },
): WavFile {
  const isKnown = (tag === FORMAT_PCM && (bits === 16 || bits === 24)) || (tag === FORMAT_FLOAT && bits === 32);
  if (!isKnown) throw new Fault(`the file has samples of format ${tag} with ${bits} bits`);
  const sampleBytes = bits / 8;
  const frames = Math.floor(data.length / (count * sampleBytes));
  const channels = Array.from({ length: count }, () => new Float64Array(frames));
  for (let i = 0; i < frames; i++)
    for (let c = 0; c < count; c++) {
      const at = (i * count + c) * sampleBytes;
      channels[c]![i] = tag === FORMAT_FLOAT ? data.readFloatLE(at) : data.readIntLE(at, sampleBytes) / 2 ** (bits - 1);
    }
  return { sampleRate, bits, frames, channels };
}
