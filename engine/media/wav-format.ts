import { AudioCloudError } from '@audiocloud/api/errors';
import type { MediaFile } from './media-file.ts';

/** How the samples of a WAV file lie. */
export interface WavFormat {
  encoding: 'pcm' | 'float';
  bits: 8 | 16 | 24 | 32 | 64;
  channels: number;
  sampleRate: number;
  frames: number;
  dataOffset: number;
}

/** Of a header; where a stream of unknown length was written (by ffmpeg into a pipe), or where ds64 has the size. */
const UNKNOWN_SIZE = 0xffffffff;
const MAX_CHANNELS = 64;
const NAMES: Record<number, string> = {
  2: 'Microsoft ADPCM',
  6: 'A-law',
  7: 'mu-law',
  17: 'IMA ADPCM',
  80: 'MPEG',
  85: 'MP3',
};

const damaged = (what: string, details?: Record<string, unknown>) =>
  new AudioCloudError('MEDIA_DAMAGED', `Cannot read the WAV file: ${what}`, details);

/**
 * Walks the chunks up to the data. Sources: Microsoft, Multimedia Data Standards Update (WAVE_FORMAT_EXTENSIBLE);
 * EBU Tech 3306 (RF64: sizes of 0xffffffff are in the chunk ds64). [decode]
 *
 * Throws MEDIA_DAMAGED with the number that is wrong, MEDIA_UNSUPPORTED for other codings than PCM and float.
 * A last frame that is not whole is left out: some writers count a padding byte.
 */
export function readWavFormat(file: MediaFile): WavFormat {
  let fmt: Omit<WavFormat, 'frames' | 'dataOffset'> | undefined;
  let longDataBytes: number | undefined;
  let offset = 12;
  while (offset + 8 <= file.sizeBytes) {
    const head = view(file.read(offset, 8));
    const id = String.fromCharCode(...new Uint8Array(head.buffer, 0, 4));
    let bytes = head.getUint32(4, true);
    const left = file.sizeBytes - offset - 8;
    if (id === 'data') {
      if (!fmt) throw damaged(`the data at byte ${offset} comes before any format (chunk 'fmt ')`);
      if (bytes === UNKNOWN_SIZE) bytes = longDataBytes ?? left;
      if (bytes > left)
        throw damaged(`the header says ${bytes} bytes of sound, the file holds ${left}; copy it again`, {
          saidBytes: bytes,
          heldBytes: left,
        });
      const frames = Math.floor(bytes / (fmt.channels * (fmt.bits / 8)));
      return { ...fmt, frames, dataOffset: offset + 8 };
    }
    if (bytes > left)
      throw damaged(`chunk '${printable(id)}' at byte ${offset} says ${bytes} bytes, the file holds ${left} more`, {
        offset,
        saidBytes: bytes,
        heldBytes: left,
      });
    if (id === 'fmt ') fmt = readFmt(view(file.read(offset + 8, Math.min(bytes, 40))), bytes);
    if (id === 'ds64' && bytes >= 24) longDataBytes = long(view(file.read(offset + 8, 24)), 8);
    offset += 8 + bytes + (bytes & 1); // chunks are padded to even
  }
  throw damaged(`it ends at byte ${file.sizeBytes} without any sound (chunk 'data')`);
}

function readFmt(fmt: DataView, bytes: number): Omit<WavFormat, 'frames' | 'dataOffset'> {
  if (bytes < 16 || fmt.byteLength < 16) throw damaged(`its format (chunk 'fmt ') has ${bytes} bytes, 16 are needed`);
  let tag = fmt.getUint16(0, true);
  const channels = fmt.getUint16(2, true);
  const sampleRate = fmt.getUint32(4, true);
  const blockBytes = fmt.getUint16(12, true);
  const bits = fmt.getUint16(14, true);
  if (tag === 0xfffe) {
    if (fmt.byteLength < 40) throw damaged(`its extensible format has ${bytes} bytes, 40 are needed`);
    tag = fmt.getUint16(24, true); // the first two bytes of the GUID are the tag
  }
  const encoding = tag === 1 ? 'pcm' : tag === 3 ? 'float' : undefined;
  const known = encoding === 'pcm' ? [8, 16, 24, 32] : [32, 64];
  if (!encoding || !known.includes(bits)) {
    const name = encoding ? `${bits}-bit ${encoding}` : (NAMES[tag] ?? `coding 0x${tag.toString(16).padStart(4, '0')}`);
    throw new AudioCloudError(
      'MEDIA_UNSUPPORTED',
      `Cannot read the WAV file: it holds ${name}; wanted PCM of 8, 16, 24 or 32 bits or float of 32 or 64`,
      { tag, bits },
    );
  }
  if (channels === 0) throw damaged('its header says 0 channels');
  if (channels > MAX_CHANNELS)
    throw new AudioCloudError(
      'MEDIA_UNSUPPORTED',
      `Cannot read the WAV file: it has ${channels} channels, at most ${MAX_CHANNELS} are read`,
    );
  if (sampleRate < 1000 || sampleRate > 768000) throw damaged(`its header says ${sampleRate} frames per second`);
  if (blockBytes !== channels * (bits / 8))
    throw damaged(
      `its header says ${blockBytes} bytes a frame, ${channels} channels of ${bits} bits need ${channels * (bits / 8)}`,
    );
  return { encoding, bits: bits as WavFormat['bits'], channels, sampleRate };
}

const view = (bytes: Uint8Array<ArrayBuffer>) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const printable = (s: string) => s.replace(/[^\x20-\x7e]/g, '.');

function long(bytes: DataView, at: number): number {
  if (bytes.byteLength < at + 8) throw damaged('its 64-bit sizes (chunk ds64) are cut off');
  return Number(bytes.getBigUint64(at, true));
}
