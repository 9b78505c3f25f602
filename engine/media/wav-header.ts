/** Sample formats of the writer. */
export type WavBits = '16' | '24' | '32' | '32f';

/** Bytes before the samples; the same for every size, so the header can be written over when the size is known. */
export const WAV_HEADER_BYTES = 128;
/** Sizes in a plain RIFF header are 32 bits wide, and 0xffffffff is the mark of RF64. */
const LARGEST_RIFF = 0xfffffffe;

export const bytesOfSample = (bits: WavBits) => Number.parseInt(bits, 10) / 8;

/**
 * The header of a WAV file with `frames`. Above 4 GiB it is RF64, with the true sizes in the chunk ds64, whose place is
 * held by JUNK otherwise (EBU Tech 3306, section 3.2). More than two channels are WAVE_FORMAT_EXTENSIBLE without speaker
 * places. trailingBytes: of the chunks behind the samples. [any]
 *
 *   0 RIFF, size, WAVE   12 JUNK or ds64 (8 + 28)   48 fmt (8 + 40, 18 or 16)   fact (8 + 4)   JUNK   120 data, size
 */
export function wavHeader(
  sampleRate: number,
  channels: number,
  bits: WavBits,
  frames: number,
  trailingBytes = 0,
): Uint8Array<ArrayBuffer> {
  const header = new DataView(new ArrayBuffer(WAV_HEADER_BYTES));
  const put = (at: number, id: string, bytes: number) => {
    for (let i = 0; i < 4; i++) header.setUint8(at + i, id.charCodeAt(i));
    header.setUint32(at + 4, bytes, true);
  };
  const frameBytes = channels * bytesOfSample(bits);
  const dataBytes = frames * frameBytes;
  const riffBytes = WAV_HEADER_BYTES - 8 + dataBytes + (dataBytes % 2) + trailingBytes;
  const isLong = riffBytes > LARGEST_RIFF;
  put(0, isLong ? 'RF64' : 'RIFF', isLong ? 0xffffffff : riffBytes);
  put(8, 'WAVE', 0);
  put(12, isLong ? 'ds64' : 'JUNK', 28);
  if (isLong) {
    header.setBigUint64(20, BigInt(riffBytes), true);
    header.setBigUint64(28, BigInt(dataBytes), true);
    header.setBigUint64(36, BigInt(frames), true);
  }
  const isExtensible = channels > 2;
  const tag = bits === '32f' ? 3 : 1;
  // what is not PCM has the length of an extension, even if it is 0
  const fmtBytes = isExtensible ? 40 : bits === '32f' ? 18 : 16;
  put(48, 'fmt ', fmtBytes);
  header.setUint16(56, isExtensible ? 0xfffe : tag, true);
  header.setUint16(58, channels, true);
  header.setUint32(60, sampleRate, true);
  header.setUint32(64, sampleRate * frameBytes, true);
  header.setUint16(68, frameBytes, true);
  header.setUint16(70, bytesOfSample(bits) * 8, true);
  if (isExtensible) {
    header.setUint16(72, 22, true);
    header.setUint16(74, bytesOfSample(bits) * 8, true);
    header.setUint16(80, tag, true);
    // the rest of KSDATAFORMAT_SUBTYPE_PCM and _IEEE_FLOAT
    [0x00, 0x00, 0x00, 0x00, 0x10, 0x00, 0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71].forEach((byte, i) => {
      header.setUint8(82 + i, byte);
    });
  }
  let at = 56 + fmtBytes;
  if (bits === '32f') {
    put(at, 'fact', 4); // demanded for everything but PCM
    header.setUint32(at + 8, Math.min(frames, 0xffffffff), true);
    at += 12;
  }
  put(at, 'JUNK', 120 - at - 8);
  put(120, 'data', isLong ? 0xffffffff : dataBytes);
  return new Uint8Array(header.buffer);
}
