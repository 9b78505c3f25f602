import { AudioCloudError } from '@audiocloud/api/errors';
import { MEDIA_CHANNELS_MAXIMUM, MEDIA_RATE_MAXIMUM, MEDIA_RATE_MINIMUM } from '@audiocloud/api/media-limits';
import type { MediaFile } from './media-file.ts';
import { frameBytes } from './unpack-samples.ts';
import type { WavFormat } from './wav-format.ts';

/** Codings of AIFF-C that are read: what QuickTime and logic writers put there, in any case of their letters. */
const CODINGS: Record<string, Partial<WavFormat> | undefined> = {
  none: {},
  twos: {},
  in24: { bits: 24 },
  in32: { bits: 32 },
  sowt: { isBigEndian: false, isSigned: true },
  '42ni': { bits: 24, isBigEndian: false, isSigned: true },
  '23ni': { bits: 32, isBigEndian: false, isSigned: true },
  'raw ': { isSigned: false },
  fl32: { encoding: 'float', bits: 32 },
  fl64: { encoding: 'float', bits: 64 },
  alaw: { encoding: 'alaw', bits: 8 },
  ulaw: { encoding: 'mulaw', bits: 8 },
};

const damaged = (what: string, details?: Record<string, unknown>) =>
  new AudioCloudError('MEDIA_DAMAGED', `Cannot read the AIFF file: ${what}`, details);

/**
 * Walks the chunks of AIFF or AIFF-C. Source: Apple, Audio Interchange File Format AIFF-C (1991). [decode]
 *
 * Throws MEDIA_DAMAGED with the number that is wrong, MEDIA_UNSUPPORTED for codings that are compressed.
 */
export function readAiffFormat(file: MediaFile): WavFormat {
  let common: Omit<WavFormat, 'dataOffset'> | undefined;
  let sound: { offset: number; bytes: number } | undefined;
  let offset = 12;
  while (offset + 8 <= file.sizeBytes && !(common && sound)) {
    const head = view(file.read(offset, 8));
    const id = ascii(head, 0);
    const bytes = head.getUint32(4);
    const left = file.sizeBytes - offset - 8;
    if (bytes > left)
      throw damaged(`chunk '${id}' at byte ${offset} says ${bytes} bytes, the file holds ${left} more`, {
        offset,
        saidBytes: bytes,
        heldBytes: left,
      });
    if (id === 'COMM') common = readCommon(view(file.read(offset + 8, Math.min(bytes, 64))));
    if (id === 'SSND') {
      if (bytes < 8) throw damaged(`its sound (chunk 'SSND') has ${bytes} bytes, 8 are needed`);
      const skip = view(file.read(offset + 8, 4)).getUint32(0); // aligns the first frame
      if (skip > bytes - 8) throw damaged(`its sound begins ${skip} bytes into ${bytes - 8}`);
      sound = { offset: offset + 16 + skip, bytes: bytes - 8 - skip };
    }
    offset += 8 + bytes + (bytes & 1);
  }
  if (!common) throw damaged(`it has no format (chunk 'COMM')`);
  if (!sound && common.frames > 0) throw damaged(`it ends at byte ${file.sizeBytes} without any sound (chunk 'SSND')`);
  const held = Math.floor((sound?.bytes ?? 0) / frameBytes(common));
  if (common.frames > held)
    throw damaged(`the header says ${common.frames} frames, the file holds ${held}; copy it again`, {
      saidFrames: common.frames,
      heldFrames: held,
    });
  return { ...common, dataOffset: sound?.offset ?? 0 };
}

function readCommon(comm: DataView): Omit<WavFormat, 'dataOffset'> {
  if (comm.byteLength < 18) throw damaged(`its format (chunk 'COMM') has ${comm.byteLength} bytes, 18 are needed`);
  const channels = comm.getUint16(0);
  const frames = comm.getUint32(2);
  const bitDepth = comm.getUint16(6);
  const sampleRate = Math.round(extended(comm, 8));
  const name = comm.byteLength >= 22 ? ascii(comm, 18).toLowerCase() : 'none';
  const coding = CODINGS[name];
  const bits = coding?.bits ?? Math.ceil(bitDepth / 8) * 8;
  if (!coding || ![8, 16, 24, 32, 64].includes(bits) || (bits === 64 && coding.encoding !== 'float'))
    throw new AudioCloudError(
      'MEDIA_UNSUPPORTED',
      `Cannot read the AIFF file: it holds ${coding ? `${bitDepth}-bit PCM` : `'${name}'`}; wanted PCM of up to 32 bits, float, A-law or mu-law`,
      { bits: bitDepth, ...(coding ? {} : { coding: name }) },
    );
  if (channels === 0) throw damaged('its header says 0 channels');
  if (channels > MEDIA_CHANNELS_MAXIMUM)
    throw new AudioCloudError(
      'MEDIA_UNSUPPORTED',
      `Cannot read the AIFF file: it has ${channels} channels, at most ${MEDIA_CHANNELS_MAXIMUM} are read`,
      { channels, maximum: MEDIA_CHANNELS_MAXIMUM },
    );
  if (!(sampleRate >= MEDIA_RATE_MINIMUM && sampleRate <= MEDIA_RATE_MAXIMUM))
    throw damaged(
      `its header says ${sampleRate} frames per second, ${MEDIA_RATE_MINIMUM} to ${MEDIA_RATE_MAXIMUM} are read`,
      { sampleRate, minimum: MEDIA_RATE_MINIMUM, maximum: MEDIA_RATE_MAXIMUM },
    );
  return {
    encoding: 'pcm',
    isBigEndian: true,
    ...coding,
    bits: bits as WavFormat['bits'],
    bitDepth: coding.encoding || coding.bits ? bits : bitDepth,
    channels,
    sampleRate,
    frames,
  };
}

/** An 80-bit number of the SANE: sign and exponent, then 64 bits with the leading one. */
function extended(bytes: DataView, at: number): number {
  const exponent = bytes.getUint16(at) & 0x7fff;
  return Number(bytes.getBigUint64(at + 2)) * 2 ** (exponent - 16383 - 63);
}

const view = (bytes: Uint8Array<ArrayBuffer>) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const ascii = (bytes: DataView, at: number) =>
  String.fromCharCode(...new Uint8Array(bytes.buffer, bytes.byteOffset + at, 4)).replace(/[^\x20-\x7e]/g, '.');
