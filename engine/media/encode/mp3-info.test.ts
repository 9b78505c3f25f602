import { mp3BitRates } from '@audiocloud/api';
import t from 'tap';
import { createMp3Encoder } from './mp3-encoder.ts';
import { MP3_DELAY_FRAMES, mp3FrameFrames, mp3FramesOf } from './mp3-info.ts';

const BIT_RATES = {
  1: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  2: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
};
/** Where each MPEG frame begins. Throws where there is none. */
function framesOf(bytes: Uint8Array, sampleRate: number): number[] {
  const found: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (bytes[at] !== 0xff || (bytes[at + 1]! & 0xe0) !== 0xe0) throw new Error(`no frame at byte ${at}`);
    found.push(at);
    const kbps = BIT_RATES[sampleRate >= 32000 ? 1 : 2][bytes[at + 2]! >> 4]!;
    at += Math.floor((mp3FrameFrames(sampleRate) * kbps * 125) / sampleRate) + ((bytes[at + 2]! >> 1) & 1);
  }
  return found;
}

t.test('the frame Info tells the length, and how much is delay and padding, before the sound is known', async (t) => {
  for (const sampleRate of [48000, 44100, 22050, 8000])
    for (const bitRate of [mp3BitRates(sampleRate)[0]!, 64000, mp3BitRates(sampleRate).at(-1)!])
      for (const channels of [1, 2])
        for (const frames of [0, 1, 1153, 10_000]) {
          const name = `${sampleRate} Hz, ${bitRate} b/s, ${channels} channels, ${frames} frames`;
          const parts: Uint8Array[] = [];
          const options = { sampleRate, channels, bitRate, frames, tags: {}, seed: 0, dither: 'none' } as const;
          const encoder = await createMp3Encoder({ ...options, isSilenceKept: false }, (part) =>
            parts.push(part.slice()),
          );
          const plane = Float32Array.from({ length: frames }, (_, i) => Math.sin(i / 9));
          for (let at = 0; at < frames; at += 4096)
            encoder.encode(Array(channels).fill(plane), at, Math.min(4096, frames - at));
          t.equal(encoder.end().head, undefined, `${name}: the head is final from the start`);
          const bytes = Buffer.concat(parts);
          const found = framesOf(bytes, sampleRate);
          const at = bytes.indexOf('Info');
          const [count, size] = [bytes.readUInt32BE(at + 8), bytes.readUInt32BE(at + 12)];
          t.equal(found.length - 1, count, `${name}: MPEG frames`);
          t.equal(count, mp3FramesOf(frames, sampleRate));
          t.equal(size, bytes.length, `${name}: bytes`);
          const places = bytes.readUIntBE(at + 141, 3);
          t.equal(places >> 12, MP3_DELAY_FRAMES);
          t.equal(count * mp3FrameFrames(sampleRate) - (places >> 12) - (places & 0xfff), frames, `${name}: frames`);
        }
});
