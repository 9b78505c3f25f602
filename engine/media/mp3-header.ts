/** Facts of one MPEG audio frame header (ISO/IEC 11172-3, 2.4.1.3 and 13818-3). */
export interface Mp3Header {
  sampleRate: number;
  channels: 1 | 2;
  frameBytes: number;
  /** Samples of each channel in one MPEG frame. */
  frames: number;
  layer: 1 | 2 | 3;
  version: 1 | 2 | 2.5;
}

const RATES = [44100, 48000, 32000];
const KBITS: Record<string, number[]> = {
  '1.1': [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  '1.2': [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  '1.3': [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  '2.1': [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  '2.2': [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
};

/** The header at `at`, or undefined when there is none. Free-format streams are not known. [any] */
export function readMp3Header(bytes: Uint8Array, at: number): Mp3Header | undefined {
  if (at + 4 > bytes.length || bytes[at] !== 0xff || (bytes[at + 1]! & 0xe0) !== 0xe0) return undefined;
  const versionBits = (bytes[at + 1]! >> 3) & 3;
  const layerBits = (bytes[at + 1]! >> 1) & 3;
  const bitrateIndex = bytes[at + 2]! >> 4;
  const rateIndex = (bytes[at + 2]! >> 2) & 3;
  if (versionBits === 1 || layerBits === 0 || bitrateIndex === 15 || bitrateIndex === 0 || rateIndex === 3)
    return undefined;
  const version = versionBits === 3 ? 1 : versionBits === 2 ? 2 : 2.5;
  const layer = (4 - layerBits) as 1 | 2 | 3;
  const kbits = KBITS[version === 1 ? `1.${layer}` : layer === 1 ? '2.1' : '2.2']![bitrateIndex]!;
  const sampleRate = RATES[rateIndex]! / (version === 1 ? 1 : version === 2 ? 2 : 4);
  const padding = (bytes[at + 2]! >> 1) & 1;
  const frames = layer === 1 ? 384 : layer === 3 && version !== 1 ? 576 : 1152;
  const frameBytes =
    layer === 1
      ? (Math.floor((12000 * kbits) / sampleRate) + padding) * 4
      : Math.floor(((frames / 8) * 1000 * kbits) / sampleRate) + padding;
  return { sampleRate, channels: bytes[at + 3]! >> 6 === 3 ? 1 : 2, frameBytes, frames, layer, version };
}

/** The first place with two MPEG frames of one kind in a row (one by itself is too often chance). [any] */
export function findMp3Frame(bytes: Uint8Array): { at: number; header: Mp3Header } | undefined {
  for (let at = 0; at + 4 <= bytes.length; at++) {
    const header = readMp3Header(bytes, at);
    if (!header) continue;
    const next = readMp3Header(bytes, at + header.frameBytes);
    if (next && next.sampleRate === header.sampleRate && next.layer === header.layer) return { at, header };
  }
  return undefined;
}

/**
 * Samples that an encoder said the stream holds: the Xing or Info tag in the first frame, less the delay and padding of
 * a LAME tag. undefined without a tag. [any]
 */
export function mp3TagFrames(bytes: Uint8Array, at: number, header: Mp3Header): number | undefined {
  if (header.layer !== 3) return undefined;
  const side = header.version === 1 ? (header.channels === 1 ? 17 : 32) : header.channels === 1 ? 9 : 17;
  const tag = at + 4 + side;
  const name = String.fromCharCode(...bytes.subarray(tag, tag + 4));
  if ((name !== 'Xing' && name !== 'Info') || tag + 120 > bytes.length || !(bytes[tag + 7]! & 1)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = bytes[tag + 7]!;
  const total = view.getUint32(tag + 8) * header.frames;
  const lame = tag + 8 + 4 + (flags & 2 ? 4 : 0) + (flags & 4 ? 100 : 0) + (flags & 8 ? 4 : 0);
  const delayAt = lame + 21;
  if (delayAt + 3 > bytes.length || bytes[lame] === 0) return total;
  const delay = (bytes[delayAt]! << 4) | (bytes[delayAt + 1]! >> 4);
  const padding = ((bytes[delayAt + 1]! & 15) << 8) | bytes[delayAt + 2]!;
  return Math.max(0, total - delay - padding);
}
