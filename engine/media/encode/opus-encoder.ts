import { OPUS_RATE } from '@audiocloud/api/packet';
import { OPUS_DELAY_FRAMES, OpusPacketEncoder } from '../../codec/opus-packet-encoder.ts';
import { createOggPageWriter } from './ogg-page-writer.ts';
import { createSampleQuantiser } from './sample-quantiser.ts';
import type { EncoderOptions, PutBytes, SoundEncoder } from './sound-encoder.ts';
import { vorbisComment } from './vorbis-comment.ts';

/** Of each packet: 20 ms. */
const PACKET_FRAMES = 960;
/** The best of libopus: there is time. */
const COMPLEXITY = 10;
/** Of our only stream: any number would do, and the same one gives the same bytes. */
const SERIAL = 0x4143_4f50;
const VENDOR = 'Audio Cloud, libopus';
const encoder = new TextEncoder();

/**
 * Ogg Opus of one or two channels at 48 kHz, in packets of 20 ms and pages of at most a second. The last position says where the sound
 * ends, so that decoders give the exact frames. Source: RFC 7845. [encode]
 *
 * libopus is given 16-bit samples, dithered but in silence: what lies below -98 dB of full scale is noise.
 */
export function createOpusEncoder(options: EncoderOptions & { bitRate: number }, put: PutBytes): SoundEncoder {
  const { channels, bitRate } = options;
  const opus = new OpusPacketEncoder({ channels, bitRate, complexity: COMPLEXITY, code: 'RENDER_FAILED' });
  const quantiser = createSampleQuantiser({ ...options, bits: 16, dither: 'tpdf', isSilenceKept: true });
  const pages = createOggPageWriter(SERIAL, OPUS_RATE, put);
  const samples = new Int32Array(PACKET_FRAMES * channels);
  let filled = 0; // frames in `samples`
  let encoded = 0;
  let packets = 0;
  let waiting: Uint8Array | undefined;

  // one packet is held back: the last one is not known to be it before there is none after it
  const encodeFrame = () => {
    if (waiting) pages.packet(waiting, packets * PACKET_FRAMES);
    opus.samples().set(samples);
    waiting = opus.encode(PACKET_FRAMES).slice();
    packets++;
    filled = 0;
  };
  pages.packet(opusHead(channels, OPUS_DELAY_FRAMES, options.sampleRate), 0);
  pages.flush();
  pages.packet(new Uint8Array([...encoder.encode('OpusTags'), ...vorbisComment(VENDOR, options.tags)]), 0);
  pages.flush();
  return {
    encode(planes, first, frames) {
      for (let at = 0; at < frames; ) {
        const part = Math.min(frames - at, PACKET_FRAMES - filled);
        quantiser.quantise(planes, first + at, part, samples.subarray(filled * channels));
        filled += part;
        at += part;
        if (filled === PACKET_FRAMES) encodeFrame();
      }
      encoded += frames;
    },
    end() {
      const wanted = encoded + OPUS_DELAY_FRAMES;
      while (packets * PACKET_FRAMES < wanted || packets === 0) {
        samples.fill(0, filled * channels);
        encodeFrame();
      }
      pages.packet(waiting!, wanted);
      pages.flush(true);
      opus.close();
      return { clippedSamples: quantiser.clippedSamples };
    },
    free: () => opus.close(),
  };
}

/** RFC 7845, 5.1: version 1, channels, u16 pre-skip, u32 rate of what was encoded, i16 gain, mapping family 0. */
function opusHead(channels: number, preSkip: number, sampleRate: number): Uint8Array {
  const head = new Uint8Array(19);
  const view = new DataView(head.buffer);
  head.set(encoder.encode('OpusHead'));
  head[8] = 1;
  head[9] = channels;
  view.setUint16(10, preSkip, true);
  view.setUint32(12, sampleRate, true);
  return head;
}
