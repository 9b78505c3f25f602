import { createHash } from 'node:crypto';
import { AudioCloudError } from '@audiocloud/api/errors';
import { loadLibflac } from '../../codec/load-libflac.ts';
import { createSampleQuantiser } from './sample-quantiser.ts';
import { type IntegerOptions, MOST_ENCODED_FRAMES, type PutBytes, type SoundEncoder } from './sound-encoder.ts';
import { vorbisComment } from './vorbis-comment.ts';

const MARK = [0x66, 0x4c, 0x61, 0x43]; // fLaC
const STREAMINFO_BYTES = 34;
/** Mark, block header, STREAMINFO: what is written once more at the end, with the MD5. */
export const FLAC_HEAD_BYTES = MARK.length + 4 + STREAMINFO_BYTES;
const VORBIS_COMMENT = 4;
const LAST = 0x80;
/** As `flac -5`: higher levels cost two to four times the time for a percent of the size. */
const LEVEL = 5;
/** As libFLAC chooses at this level; in STREAMINFO from the start. */
const BLOCK_FRAMES = 4096;
const VENDOR = 'Audio Cloud, libFLAC 1.3.4';
/** Two whole words of STREAMINFO tell the length: 36 bits. */
const MOST_FRAMES = 2 ** 36 - 1;

/**
 * FLAC of 16 or 24 bits, in frames of 4,096. STREAMINFO has the length from the start where it is known, and gets the MD5 of the
 * samples at the end. Source: RFC 9639. [encode]
 */
export async function createFlacEncoder(options: IntegerOptions, put: PutBytes): Promise<SoundEncoder> {
  const { sampleRate, channels, depth } = options;
  const bits = depth === 's16' ? 16 : 24;
  const library = await loadLibflac();
  const id = library.create_libflac_encoder(
    sampleRate,
    channels,
    bits,
    LEVEL,
    options.frames ?? 0,
    false,
    BLOCK_FRAMES,
  );
  const quantiser = createSampleQuantiser({ ...options, bits });
  const integers = new Int32Array(MOST_ENCODED_FRAMES * channels);
  const packed = new Uint8Array(integers.length * (bits / 8));
  const hash = createHash('md5');
  let isAlive = id !== 0;
  let encoded = 0;
  let least = 0;
  let most = 0;

  const failed = (what: string) =>
    new AudioCloudError('RENDER_FAILED', `Cannot encode FLAC: ${what}`, { sampleRate, channels, bits });
  const free = () => {
    if (isAlive) library.FLAC__stream_encoder_delete(id);
    isAlive = false;
  };
  // what it gives without samples is its own head: ours has the tags
  const onFrame = (bytes: Uint8Array, size: number, samples: number) => {
    if (samples === 0) return;
    least = least === 0 ? size : Math.min(least, size);
    most = Math.max(most, size);
    put(bytes.subarray(0, size));
  };
  const hashSamples = (count: number) => {
    // interleaved, little-endian, whole bytes (RFC 9639, 8.2)
    let at = 0;
    for (let i = 0; i < count; i++) {
      const value = integers[i]!;
      packed[at++] = value;
      packed[at++] = value >> 8;
      if (bits === 24) packed[at++] = value >> 16;
    }
    hash.update(packed.subarray(0, at));
  };
  const head = (frames: number, md5?: Uint8Array) =>
    flacHead({ sampleRate, channels, bits, frames, least, most, ...(md5 ? { md5 } : {}) });

  const status = isAlive ? library.init_encoder_stream(id, onFrame) : -1;
  if (status !== 0) {
    free();
    throw failed(`libFLAC refuses ${channels} channels of ${bits} bits at ${sampleRate} Hz (${status})`);
  }
  put(head(options.frames ?? 0));
  put(metadataBlock(VORBIS_COMMENT | LAST, vorbisComment(VENDOR, options.tags)));
  return {
    encode(planes, first, frames) {
      quantiser.quantise(planes, first, frames, integers);
      hashSamples(frames * channels);
      if (!library.FLAC__stream_encoder_process_interleaved(id, integers.subarray(0, frames * channels), frames))
        throw failed(`libFLAC gave up at frame ${encoded}`);
      encoded += frames;
    },
    end() {
      if (!library.FLAC__stream_encoder_finish(id)) throw failed('libFLAC could not finish');
      free();
      return { clippedSamples: quantiser.clippedSamples, head: head(encoded, hash.digest()) };
    },
    free,
  };
}

interface HeadFacts {
  sampleRate: number;
  channels: number;
  bits: number;
  frames: number;
  /** Bytes of the smallest and of the largest frame; 0: not yet known. */
  least: number;
  most: number;
  md5?: Uint8Array;
}

/**
 * `fLaC` and STREAMINFO. RFC 9639, 8.2: u16 least and most frames of a block, u24 least and most bytes of a frame, then
 * u20 rate, u3 channels - 1, u5 bits - 1, u36 frames, 16 bytes MD5.
 */
function flacHead({ sampleRate, channels, bits, frames, least, most, md5 }: HeadFacts): Uint8Array {
  const info = new Uint8Array(STREAMINFO_BYTES);
  const view = new DataView(info.buffer);
  const known = Math.min(frames, MOST_FRAMES);
  view.setUint16(0, BLOCK_FRAMES);
  view.setUint16(2, BLOCK_FRAMES);
  view.setUint16(4, least >>> 8);
  info[6] = least;
  view.setUint16(7, most >>> 8);
  info[9] = most;
  view.setUint32(
    10,
    ((sampleRate << 12) | ((channels - 1) << 9) | ((bits - 1) << 4) | Math.floor(known / 2 ** 32)) >>> 0,
  );
  view.setUint32(14, known % 2 ** 32);
  if (md5) info.set(md5, 18);
  return new Uint8Array([...MARK, ...metadataBlock(0, info)]);
}

/** Kind, u24 length, bytes. */
function metadataBlock(kind: number, bytes: Uint8Array): Uint8Array {
  const made = new Uint8Array(4 + bytes.length);
  new DataView(made.buffer).setUint32(0, ((kind << 24) | bytes.length) >>> 0);
  made.set(bytes, 4);
  return made;
}
