import { AudioCloudError } from '@audiocloud/api/errors';
import type { MediaFile } from './media-file.ts';

/** What a FLAC stream says about itself. `frames` 0: not known. `md5`: of the samples, empty when not known. */
export interface FlacInfo {
  sampleRate: number;
  channels: number;
  bits: number;
  frames: number;
  md5: string;
}

/** Reads STREAMINFO at `offset`, where `fLaC` stands (RFC 9639, section 8.2). Throws MEDIA_DAMAGED. [any] */
export function readFlacInfo(file: MediaFile, offset: number): FlacInfo {
  const bytes = file.read(offset, 42);
  const view = new DataView(bytes.buffer);
  if (bytes.length < 42 || (bytes[4]! & 0x7f) !== 0)
    throw new AudioCloudError(
      'MEDIA_DAMAGED',
      `Cannot read the FLAC file: STREAMINFO is missing at byte ${offset + 4}, it must come first`,
    );
  // 20 bits of rate, 3 of channels - 1, 5 of bits - 1, 36 of frames
  const packed = view.getBigUint64(18);
  const info = {
    sampleRate: Number(packed >> 44n),
    channels: Number((packed >> 41n) & 7n) + 1,
    bits: Number((packed >> 36n) & 31n) + 1,
    frames: Number(packed & 0xfffffffffn),
    md5: Buffer.from(bytes.subarray(26, 42)).toString('hex'),
  };
  if (info.sampleRate === 0) throw new AudioCloudError('MEDIA_DAMAGED', 'Cannot read the FLAC file: its rate is 0 Hz');
  return { ...info, md5: /^0+$/.test(info.md5) ? '' : info.md5 };
}
