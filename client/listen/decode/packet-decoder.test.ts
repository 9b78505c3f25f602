import { createRequire } from 'node:module';
import { joinParts, type Packet, type PacketFormat, partChannels, payloadOf } from '@audiocloud/api';
import t from 'tap';
import { randoms } from '../../../test/testing/randoms.ts';
import { loadDecoder } from './packet-decoder.ts';

// Judged by encoders that know nothing of ours: libFLAC and libopus themselves.

const RATE = 48000;
const FRAMES = 480;
const require = createRequire(import.meta.url);

async function libflac() {
  const { fetch } = globalThis;
  // libflacjs takes a runtime that has fetch for a browser
  (globalThis as { fetch?: unknown }).fetch = undefined;
  const flac = require('libflacjs')('release.wasm');
  globalThis.fetch = fetch;
  if (!flac.isReady()) await new Promise<void>((resolve) => (flac.onready = resolve));
  return flac;
}

const packetOf = (format: PacketFormat, channels: number, payload: Uint8Array, more: Partial<Packet> = {}): Packet => ({
  run: 1,
  playId: 1,
  serial: 0,
  sampleRate: RATE,
  positionRate: RATE,
  channels,
  frames: FRAMES,
  skipFrames: 0,
  begins: false,
  format,
  bitRate: 0,
  timelineFrame: 0,
  streamFrame: 0,
  payload,
  ...more,
});

t.test('decoder: PCM is what was sent', async (t) => {
  const random = randoms(1);
  const samples = Float32Array.from({ length: 2 * FRAMES }, () => Math.round((2 * random() - 1) * 32767) / 32768);
  for (const format of ['s16', 's24', 'f32'] as const) {
    const decoder = await loadDecoder(format, 2);
    t.same(await decoder.decode(packetOf(format, 2, payloadOf(samples, format))), samples, format);
    decoder.free();
  }
});

t.test(
  'decoder: FLAC of 1 to 12 channels and 16 and 24 bits is bit for bit what libFLAC took, from any packet on',
  async (t) => {
    const flac = await libflac();
    const random = randoms(2);
    for (const [format, bits] of [
      ['flac16', 16],
      ['flac24', 24],
    ] as const)
      for (const channels of [1, 2, 8, 12]) {
        const full = 2 ** (bits - 1);
        const whole = (i: number) => [-full, full - 1, 0, -1, 1][i] ?? Math.floor((2 * random() - 1) * full);
        const wanted = Array.from({ length: 3 * FRAMES * channels }, (_, i) => whole(i));
        let first = 0;
        const parts = partChannels(format, channels).map((width) => {
          const frames: Uint8Array[] = [];
          const encoder = flac.create_libflac_encoder(RATE, width, bits, 5, 0, false, FRAMES);
          flac.init_encoder_stream(encoder, (data: Uint8Array, _: number, samples: number) => {
            if (samples > 0) frames.push(Uint8Array.from(data));
          });
          const own = Int32Array.from({ length: 3 * FRAMES * width }, (_, i) => {
            const frame = Math.floor(i / width);
            return wanted[frame * channels + first + (i % width)]!;
          });
          flac.FLAC__stream_encoder_process_interleaved(encoder, own, 3 * FRAMES);
          flac.FLAC__stream_encoder_finish(encoder);
          flac.FLAC__stream_encoder_delete(encoder);
          first += width;
          return frames;
        });
        const decoder = await loadDecoder(format, channels);
        for (const packet of [1, 2]) {
          const got = await decoder.decode(
            packetOf(format, channels, joinParts(parts.map((frames) => frames[packet]!))),
          );
          const from = packet * FRAMES * channels;
          t.ok(
            got.every((sample, i) => sample * full === wanted[from + i]),
            `${format}, ${channels} channels, packet ${packet}`,
          );
        }
        decoder.free();
      }
  },
);

t.test('decoder: Opus of 1 to 4 channels, in packets of 20 to 60 ms, is what libopus took, at its place', async (t) => {
  const Opus = require('opusscript');
  // of libopus at 48 kHz: what OPUS_GET_LOOKAHEAD says
  const DELAY = 312;
  for (const [channels, packetMs] of [
    [1, 20],
    [2, 20],
    [4, 20],
    [2, 40],
    [1, 60],
    [4, 60],
  ] as const) {
    const packetFrames = 48 * packetMs;
    const tone = (frame: number, channel: number) =>
      0.5 * Math.sin((2 * Math.PI * (400 + 150 * channel) * frame) / RATE);
    let first = 0;
    const encoders = partChannels('opus', channels).map((width) => {
      const one = { encoder: new Opus(RATE, width, Opus.Application.AUDIO), width, first };
      one.encoder.setBitrate(128_000);
      first += width;
      return one;
    });
    const decoder = await loadDecoder('opus', channels);
    let [error, sound] = [0, 0];
    for (let packet = 0; packet < 20; packet++) {
      // what is later comes behind all channels of what is before
      const parts = Array.from({ length: packetMs / 20 }, (_, part) =>
        encoders.map(({ encoder, width, first }) => {
          const start = packet * packetFrames + part * 960;
          const pcm = Int16Array.from(
            { length: 960 * width },
            (_, i) => 32767 * tone(start + Math.floor(i / width), first + (i % width)),
          );
          return Uint8Array.from(encoder.encode(Buffer.from(pcm.buffer), 960));
        }),
      ).flat();
      const begins = packet === 0;
      const skipFrames = begins ? DELAY : 0;
      const got = await decoder.decode(
        packetOf('opus', channels, joinParts(parts), { begins, skipFrames, frames: packetFrames - skipFrames }),
      );
      const place = packet * packetFrames - (begins ? 0 : DELAY);
      for (let i = 0; packet > 1 && i < got.length; i++) {
        const wanted = tone(place + Math.floor(i / channels), i % channels);
        error += (got[i]! - wanted) ** 2;
        sound += wanted ** 2;
      }
    }
    const errorDb = 10 * Math.log10(error / sound);
    t.ok(errorDb < -30, `${channels} channels, ${packetMs} ms: ${errorDb.toFixed(1)} dB`);
    decoder.free();
    for (const { encoder } of encoders) encoder.delete();
  }
});

t.test('decoder: what is damaged is refused by name', async (t) => {
  const silence = console.error;
  console.error = () => {};
  t.teardown(() => {
    console.error = silence;
  });
  // what libopus cannot decode it takes for a packet that was lost: it makes up the sound
  const noise = Uint8Array.from({ length: 400 }, (_, i) => (i * 7919) % 256);
  for (const format of ['flac16', 'flac24', 'opus'] as const) {
    const decoder = await loadDecoder(format, 2);
    for (const bytes of [new Uint8Array(0), new Uint8Array(40), noise])
      if (format !== 'opus')
        await t.rejects(
          decoder.decode(packetOf(format, 2, joinParts([bytes]))),
          { code: /DECODER_FAILED/ },
          `${format}, ${bytes.length} bytes`,
        );
    await t.rejects(decoder.decode(packetOf(format, 2, new Uint8Array(3))), { code: 'MESSAGE_INVALID' });
    decoder.free();
  }
});
