import { type Packet, packetParts, PACKET_FORMATS, samplesOf } from '@audiocloud/api';
import { FLACDecoder } from '@wasm-audio-decoders/flac';
import { OpusDecoder } from 'opus-decoder';
import t from 'tap';
import { randoms } from '../../test/testing/randoms.ts';
import type { CodedPiece } from './coded-piece.ts';
import { measureSamples } from './measure-samples.ts';
import { type EncoderFacts, pieceEncoder } from './piece-encoder.ts';

const RATES = [44_100, 48_000, 88_200, 96_000, 176_400, 192_000];
const CHANNELS = [1, 2, 3, 6, 8, 9, 16, 32];

/** Sines of another frequency in each channel, with a little noise, fading in; interleaved. */
function sound({ channels, sampleRate }: EncoderFacts, frames: number, seed = 1): Float32Array {
  const random = randoms(seed);
  return Float32Array.from({ length: frames * channels }, (_, i) => {
    const frame = Math.floor(i / channels);
    const hz = 200 + 37 * (i % channels);
    const level = Math.min(1, frame / (sampleRate * 0.01));
    return level * (0.5 * Math.sin((2 * Math.PI * hz * frame) / sampleRate) + 0.01 * (random() - 0.5));
  });
}

/** All pieces of a sound, then the end. */
async function encoded(facts: EncoderFacts, samples: Float32Array): Promise<CodedPiece[]> {
  const encoder = await pieceEncoder(facts);
  const { channels, sampleRate, packetMs } = facts;
  const pieceFrames = Math.round((sampleRate * packetMs) / 1000);
  const frames = samples.length / channels;
  const out: CodedPiece[] = [];
  for (let at = 0; at < frames; at += pieceFrames) {
    const length = Math.min(pieceFrames, frames - at);
    const piece = samples.slice(at * channels, (at + length) * channels);
    const place = { playId: 3, streamFrame: at, timelineFrame: 1000 + at, frames: length, samples: piece };
    out.push(...encoder.encode(place, measureSamples(piece, channels)));
  }
  out.push(...encoder.flush());
  encoder.close();
  return out;
}

/** As a decoder sees it. */
const asPacket = ({ channels, format }: EncoderFacts, piece: CodedPiece): Packet => ({
  ...piece,
  run: 1,
  serial: 0,
  sampleRate: 0,
  positionRate: 0,
  bitRate: 0,
  channels,
  format,
});

const flac = new FLACDecoder();
await flac.ready;

/** Planes of a FLAC packet, decoded with nothing before it, as integers: this decoder divides by 2^(bits - 1) - 1. */
async function flacPlanes(facts: EncoderFacts, piece: CodedPiece): Promise<Float32Array[]> {
  const planes: Float32Array[] = [];
  for (const { bytes } of packetParts(asPacket(facts, piece))) {
    await flac.reset();
    const { channelData, errors } = await flac.decodeFrames([bytes]);
    if (errors.length > 0) throw new Error(JSON.stringify(errors[0]));
    const most = facts.format === 'flac16' ? 2 ** 15 - 1 : 2 ** 23 - 1;
    planes.push(...channelData.map((plane) => plane.map((x) => Math.round(x * most))));
  }
  return planes;
}

for (const bits of [16, 24] as const)
  t.test(`flac${bits}: every packet decodes by itself to the very samples, at every rate and width`, async (t) => {
    for (const sampleRate of RATES)
      for (const channels of sampleRate === 48_000 ? CHANNELS : [2, 9]) {
        const facts = { format: `flac${bits}` as const, bitRate: undefined, packetMs: 10, channels, sampleRate };
        const frames = Math.round(sampleRate * 0.025);
        const samples = sound(facts, frames);
        const pieces = await encoded(facts, samples);
        const scale = 2 ** (bits - 1);
        let at = 0;
        let wrong = 0;
        for (const piece of pieces) {
          const planes = await flacPlanes(facts, piece);
          if (planes.length !== channels || planes[0]!.length !== piece.frames) wrong++;
          for (let i = 0; i < piece.frames; i++)
            for (let c = 0; c < channels; c++)
              if (planes[c]?.[i] !== Math.round(samples[(at + i) * channels + c]! * scale)) wrong++;
          at += piece.frames;
        }
        t.same([wrong, at, pieces.length], [0, frames, 3], `${sampleRate} Hz, ${channels} channels`);
      }
  });

t.test('flac: pieces of one to twenty frames, full scale and beyond', async (t) => {
  const facts = { format: 'flac24' as const, bitRate: undefined, packetMs: 10, channels: 2, sampleRate: 48_000 };
  const encoder = await pieceEncoder(facts);
  for (let frames = 1; frames <= 20; frames++) {
    const samples = Float32Array.from({ length: frames * 2 }, (_, i) => [1, -1, 1.5, -3, 2 ** -25, 0.3][i % 6]!);
    const place = { playId: 1, streamFrame: 0, timelineFrame: 0, frames, samples };
    const [piece] = encoder.encode(place, measureSamples(samples, 2));
    const planes = await flacPlanes(facts, piece!);
    const wanted = (x: number) => Math.max(-(2 ** 23), Math.min(2 ** 23 - 1, Math.round(x * 2 ** 23)));
    t.same(
      [...planes[0]!].flatMap((left, i) => [left, planes[1]![i]!]),
      [...samples].map((x) => wanted(x) || 0),
      `${frames} frames`,
    );
  }
});

t.test('pcm: s16 and s24 are rounded, f32 is as it was', async (t) => {
  for (const format of ['s16', 's24', 'f32'] as const) {
    const facts = { format, bitRate: undefined, packetMs: 10, channels: 2, sampleRate: 48_000 };
    const samples = sound(facts, 960);
    const heard = (await encoded(facts, samples)).flatMap((piece) => [...samplesOf(asPacket(facts, piece))]);
    const scale = format === 's16' ? 2 ** 15 : 2 ** 23;
    const wanted = format === 'f32' ? [...samples] : [...samples].map((x) => Math.round(x * scale) / scale);
    t.ok(heard.length === wanted.length && heard.every((x, i) => x === wanted[i]), format);
  }
});

/** What Opus packets decode to, at 48 kHz, interleaved; the header says what of it counts. */
async function opusSamples(facts: EncoderFacts, pieces: readonly CodedPiece[]): Promise<Float32Array> {
  const { channels } = facts;
  const total = pieces.reduce((sum, { frames }) => sum + frames, 0);
  const out = new Float32Array(total * channels);
  const decoders = new Map<number, OpusDecoder>();
  let at = 0;
  for (const piece of pieces) {
    const decoded: number[][] = Array.from({ length: channels }, () => []);
    for (const { firstChannel, channels: width, bytes } of packetParts(asPacket(facts, piece))) {
      const decoder = decoders.get(firstChannel) ?? (await opusDecoder(width));
      decoders.set(firstChannel, decoder);
      for (const [c, plane] of decoder.decodeFrame(bytes).channelData.entries())
        decoded[firstChannel + c]!.push(...plane);
    }
    for (let i = 0; i < piece.frames; i++)
      for (let c = 0; c < channels; c++) out[(at + i) * channels + c] = decoded[c]![piece.skipFrames + i]!;
    at += piece.frames;
  }
  for (const decoder of decoders.values()) decoder.free();
  return out;
}

async function opusDecoder(channels: number): Promise<OpusDecoder> {
  const channelMappingTable = channels === 2 ? [0, 1] : [0];
  const decoder = new OpusDecoder({ channels, streamCount: 1, coupledStreamCount: channels - 1, channelMappingTable });
  await decoder.ready;
  return decoder;
}

t.test(
  'opus: at every rate the positions are those of the sound, and the error is below -28 dB at 128 kbit/s',
  async (t) => {
    const shapes = [
      [1, 10],
      [2, 20],
      [5, 60],
    ] as const;
    for (const sampleRate of RATES)
      for (const [channels, packetMs] of sampleRate === 44_100 ? shapes : [shapes[RATES.indexOf(sampleRate) % 3]!]) {
        const facts = { format: 'opus' as const, bitRate: 128_000, packetMs, channels, sampleRate };
        const frames = Math.round(sampleRate * 0.3);
        const pieces = await encoded(facts, sound(facts, frames));
        const decoded = await opusSamples(facts, pieces);
        const wanted = sound({ ...facts, sampleRate: 48_000 }, 14_400);
        t.equal(decoded.length, wanted.length, 'as long as what was given');
        let position = 0;
        const isWhole = pieces.every((piece) => {
          const isNext =
            Math.abs(piece.streamFrame - position) < 1e-6 && piece.timelineFrame === 1000 + piece.streamFrame;
          position += (piece.frames * sampleRate) / 48_000;
          return isNext;
        });
        t.ok(isWhole, 'positions follow each other');
        t.same([pieces[0]!.skipFrames, pieces[0]!.begins, pieces[1]!.begins], [312, true, false]);
        const error = errorDb(decoded, wanted, channels);
        t.ok(error < -28, `${sampleRate} Hz, ${channels} channels, ${packetMs} ms: error ${error.toFixed(1)} dB`);
        const shifted = errorDb(decoded.subarray(4 * channels), wanted, channels);
        t.ok(shifted > error + 10, `a shift of 4 frames would be ${shifted.toFixed(1)} dB`);
      }
  },
);

/** Error of a in dB of b, after the first 50 ms: the coder begins from nothing. */
function errorDb(a: Float32Array, b: Float32Array, channels: number): number {
  let error = 0;
  let power = 0;
  for (let i = 2400 * channels; i < Math.min(a.length, b.length); i++) {
    error += (a[i]! - b[i]!) ** 2;
    power += b[i]! ** 2;
  }
  return 10 * Math.log10(error / power);
}

t.test('opus: meters are of the frames that the packet decodes to', async (t) => {
  const facts = { format: 'opus' as const, bitRate: 128_000, packetMs: 20, channels: 1, sampleRate: 48_000 };
  const burstAt = 5000;
  const samples = Float32Array.from({ length: 14_400 }, (_, i) =>
    i < burstAt ? 0 : 0.5 * Math.sin(((i - burstAt) * 2 * Math.PI * 1000) / 48_000),
  );
  const pieces = await encoded(facts, samples);
  const decoded = await opusSamples(facts, pieces);
  let at = 0;
  for (const { frames, streamFrame, meters } of pieces) {
    const peak = decoded.subarray(at, at + frames).reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    t.ok(
      Math.abs(peak - meters.peak[0]!) < 0.06,
      `at ${streamFrame}: heard ${peak.toFixed(3)}, told ${meters.peak[0]}`,
    );
    t.equal(meters.peak[0]! > 0.3, streamFrame + frames > burstAt + 20, 'and jump with the sound');
    at += frames;
  }
});

t.test('every format at every rate and width is sent, or refused with the reason', async (t) => {
  const outcomes = new Map<string, number>();
  for (const format of PACKET_FORMATS)
    for (const sampleRate of RATES)
      for (let channels = 1; channels <= 33; channels += channels === 32 ? 1 : channels < 8 ? 7 : 24) {
        const facts = { format, bitRate: undefined, packetMs: 20, channels, sampleRate };
        try {
          const pieces = await encoded(facts, sound(facts, Math.round(sampleRate * 0.02)));
          const seconds =
            pieces.reduce((sum, { frames }) => sum + frames, 0) / (format === 'opus' ? 48_000 : sampleRate);
          if (Math.abs(seconds - 0.02) > 1e-9) throw new Error(`${seconds} s`);
          outcomes.set('sent', (outcomes.get('sent') ?? 0) + 1);
        } catch (error) {
          t.match(error, { code: 'STREAM_FORMAT', details: { channels: 33 } }, `${format} ${sampleRate} ${channels}`);
          outcomes.set('refused', (outcomes.get('refused') ?? 0) + 1);
        }
      }
  t.same(Object.fromEntries(outcomes), { sent: 6 * 6 * 3, refused: 36 });
});
