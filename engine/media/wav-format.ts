import { AudioCloudError } from '@audiocloud/api/errors';
import { MEDIA_CHANNELS_MAXIMUM, MEDIA_RATE_MAXIMUM, MEDIA_RATE_MINIMUM } from '@audiocloud/api/media-limits';
import type { MediaFile } from './media-file.ts';
import { frameBytes, type SampleLayout } from './unpack-samples.ts';

/** How the samples of an uncompressed file lie. `bits` is the room that one has, `bitDepth` what of it is used. */
export interface WavFormat extends SampleLayout {
  bitDepth: number;
  sampleRate: number;
  frames: number;
  dataOffset: number;
}

/** Of a header; where a stream of unknown length was written (by ffmpeg into a pipe), or where ds64 has the size. */
const UNKNOWN_SIZE = 0xffffffff;
const ENCODINGS: Record<number, WavFormat['encoding']> = { 1: 'pcm', 3: 'float', 6: 'alaw', 7: 'mulaw' };
const NAMES: Record<number, string> = {
  2: 'Microsoft ADPCM',
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
 * Throws MEDIA_DAMAGED with the number that is wrong, MEDIA_UNSUPPORTED for other codings than PCM, float, A-law and mu-law.
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
      const frames = Math.floor(bytes / frameBytes(fmt));
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
  const isExtensible = tag === 0xfffe;
  if (isExtensible) {
    if (fmt.byteLength < 40) throw damaged(`its extensible format has ${bytes} bytes, 40 are needed`);
    tag = fmt.getUint16(24, true); // the first two bytes of the GUID are the tag
  }
  const encoding = ENCODINGS[tag];
  // 12 or 20 bits stand in 16 or 24, at their upper end
  const room = encoding === 'pcm' ? Math.ceil(bits / 8) * 8 : bits;
  const known = encoding === 'pcm' ? [8, 16, 24, 32] : encoding === 'float' ? [32, 64] : [8];
  if (!encoding || !known.includes(room)) {
    const name = encoding ? `${bits}-bit ${encoding}` : (NAMES[tag] ?? `coding 0x${tag.toString(16).padStart(4, '0')}`);
    throw new AudioCloudError(
      'MEDIA_UNSUPPORTED',
      `Cannot read the WAV file: it holds ${name}; wanted PCM of up to 32 bits, float of 32 or 64, A-law or mu-law`,
      { tag, bits, ...(encoding ? {} : { coding: name }) },
    );
  }
  if (channels === 0) throw damaged('its header says 0 channels');
  if (channels > MEDIA_CHANNELS_MAXIMUM)
    throw new AudioCloudError(
      'MEDIA_UNSUPPORTED',
      `Cannot read the WAV file: it has ${channels} channels, at most ${MEDIA_CHANNELS_MAXIMUM} are read`,
      { channels, maximum: MEDIA_CHANNELS_MAXIMUM },
    );
  if (sampleRate < MEDIA_RATE_MINIMUM || sampleRate > MEDIA_RATE_MAXIMUM)
    throw damaged(
      `its header says ${sampleRate} frames per second, ${MEDIA_RATE_MINIMUM} to ${MEDIA_RATE_MAXIMUM} are read`,
      { sampleRate, minimum: MEDIA_RATE_MINIMUM, maximum: MEDIA_RATE_MAXIMUM },
    );
  if (blockBytes !== channels * (room / 8))
    throw damaged(
      `its header says ${blockBytes} bytes a frame, ${channels} channels of ${room} bits need ${channels * (room / 8)}`,
    );
  const valid = isExtensible ? fmt.getUint16(18, true) : 0;
  const bitDepth = valid > 0 && valid <= bits ? valid : bits;
  return { encoding, bits: room as WavFormat['bits'], bitDepth, channels, sampleRate };
}

const view = (bytes: Uint8Array<ArrayBuffer>) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const printable = (s: string) => s.replace(/[^\x20-\x7e]/g, '.');

function long(bytes: DataView, at: number): number {
  if (bytes.byteLength < at + 8) throw damaged('its 64-bit sizes (chunk ds64) are cut off');
  return Number(bytes.getBigUint64(at, true));
}
