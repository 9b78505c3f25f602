import { encodePacket, joinParts, type Packet, payloadOf } from '@audiocloud/api';
import t from 'tap';
import { fitSine } from '../../test/sine-fit.ts';
import { OpusPacketEncoder } from '../codec/opus-packet-encoder.ts';
import { PushRing } from '../render/push-ring.ts';
import { PushHub } from './push-hub.ts';

const RATE = 48000;

/** A packet of a sine of 997 Hz at -6 dB. */
function packet(serial: number, frames: number, sampleRate: number, more: Partial<Packet> = {}): Packet {
  const channels = more.channels ?? 1;
  const samples = Float32Array.from({ length: frames * channels }, (_, i) => {
    const n = serial * frames + Math.floor(i / channels);
    return 0.5 * Math.sin((2 * Math.PI * 997 * n) / sampleRate);
  });
  return {
    run: 1,
    playId: 1,
    serial,
    sampleRate,
    positionRate: sampleRate,
    channels,
    frames,
    skipFrames: 0,
    begins: serial === 0,
    format: 'f32',
    bitRate: 0,
    timelineFrame: serial * frames,
    streamFrame: serial * frames,
    payload: payloadOf(samples, 'f32'),
    ...more,
  };
}

/** A hub with one stream into one track, and a reader that takes blocks as a render thread does. */
function pushing({ channels = 1, bufferSeconds = 0.06, sampleRate = RATE } = {}) {
  const memory = PushRing.create(channels, sampleRate, bufferSeconds);
  const ring = new PushRing(memory);
  const source: { now: { ring: SharedArrayBuffer; sampleRate: number } | undefined } = {
    now: { ring: memory, sampleRate },
  };
  const hub = new PushHub(() => source.now);
  const from = {};
  hub.begin(from, 1, 'task', 'track');
  const push = (one: Packet) => hub.take(from, 1, encodePacket(one));
  const take = (frames: number): Float32Array => {
    const out = Float32Array.from({ length: frames * channels }, (_, i) =>
      ring.sample(Math.floor(i / channels), i % channels),
    );
    ring.taken(frames);
    return out;
  };
  return { hub, from, ring, push, take, source, facts: () => hub.facts()[0]!.pushed };
}

t.test('push: packets of another rate become the sound at the rate of the task', async (t) => {
  for (const rate of [44100, 48000, 96000]) {
    const { push, ring, take, facts } = pushing({ bufferSeconds: 2 });
    for (let serial = 0; serial < 50; serial++) push(packet(serial, rate / 50, rate));
    const { frequencyHz, amplitude, residualDb } = fitSine(take(ring.fillFrames).slice(2000), RATE, 997);
    t.ok(Math.abs(frequencyHz - 997) < 0.001, `${rate}: ${frequencyHz} Hz`);
    t.ok(Math.abs(amplitude - 0.5) < 0.0005, `level ${amplitude}`);
    t.ok(residualDb < -85, `rest ${residualDb} dB`);
    t.match(facts(), { packets: 50, lost: 0, refused: 0 });
  }
});

t.test('push: a clock that is off by 0.05 % is followed, and no frame is missed or left over', async (t) => {
  const rate = 16_000; // a third of the work: the control knows seconds alone
  const packetFrames = rate / 50;
  for (const off of [1.0005, 0.9995]) {
    const { push, ring, take, facts } = pushing({ sampleRate: rate });
    for (let serial = 0; serial < 4; serial++) push(packet(serial, packetFrames, rate));
    ring.hear(true);
    let owed = 0;
    const fills: number[] = [];
    for (let serial = 4; serial < 4000; serial++) {
      owed += packetFrames / off;
      const frames = Math.floor(owed);
      owed -= frames;
      if (ring.fillFrames < frames) throw new Error(`ran dry at packet ${serial}`);
      take(frames);
      push(packet(serial, packetFrames, rate));
      fills.push(ring.fillFrames);
    }
    const end = fills.slice(-500).reduce((sum, fill) => sum + fill, 0) / 500;
    t.ok(Math.abs(end - 960) < 80, `what waits is ${end} frames at the end, wanted 960`);
    const { driftPpm } = facts();
    t.ok(Math.abs(driftPpm - (off - 1) * 1e6) < 100, `found ${driftPpm} ppm`);
  }
});

t.test('push: lost packets are counted and keep their time, late ones are passed over', async (t) => {
  const { push, ring, take, facts } = pushing();
  push(packet(0, 480, RATE));
  push(packet(1, 480, RATE));
  push(packet(4, 480, RATE));
  push(packet(3, 480, RATE));
  t.match(facts(), { packets: 3, lost: 2 });
  const heard = take(ring.fillFrames);
  t.ok(Math.abs(heard.length - 5 * 480) < 100, `${heard.length} frames, wanted about 2400`);
  t.ok(
    heard.slice(1000, 1800).every((x) => Math.abs(x) < 1e-3),
    'silence in the place of what is lost',
  );
});

t.test('push: one channel goes to all of a track, another number is refused by name', async (t) => {
  const { push, ring, take, facts } = pushing({ channels: 2 });
  push(packet(0, 480, RATE));
  const heard = take(ring.fillFrames);
  t.ok(heard.length > 600 && heard.every((x, i) => i % 2 === 0 || x === heard[i - 1]));
  push(packet(1, 480, RATE, { channels: 3 }));
  t.match(facts(), { refused: 1, why: /3 channels, the track 2/ });
});

t.test('push: what cannot be decoded is refused and counted, and what comes after it is taken', async (t) => {
  const { push, facts } = pushing();
  push(packet(0, 480, RATE));
  push(packet(1, 480, RATE, { format: 'flac16', payload: new Uint8Array(8) }));
  push(packet(2, 960, RATE, { format: 'opus', payload: new Uint8Array([3, 0, 0, 0, 255, 255, 255]) }));
  t.match(facts(), { refused: 2, why: /opus/ });
  push(packet(3, 480, RATE));
  t.match(facts(), { refused: 2 });
});

t.test('push: it follows the track when the task is loaded again, and tells when no engine has it', async (t) => {
  const { push, source, facts } = pushing();
  push(packet(0, 480, RATE));
  source.now = undefined;
  push(packet(1, 480, RATE));
  t.match(facts(), { refused: 1, why: /no engine has the track/ });
  const memory = PushRing.create(1, 44100, 0.06);
  source.now = { ring: memory, sampleRate: 44100 };
  for (let serial = 2; serial < 4; serial++) push(packet(serial, 480, RATE));
  t.ok(new PushRing(memory).fillFrames > 700);
});

t.test('push: the end of a stream is no underrun', async (t) => {
  const { push, hub, from, ring } = pushing();
  push(packet(0, 4800, RATE));
  hub.end(from);
  ring.runDry(RATE);
  t.match(ring.facts(), { underruns: 0, targetFrames: 2880 });
  t.same(hub.facts(), []);
});

t.test(
  'push: opus of several clients at once, in packets of 20 to 60 ms, is heard with its pitch, each its own',
  async (t) => {
    const hubs = (
      [
        [440, 1],
        [1000, 2],
        [3000, 3],
      ] as const
    ).map(([hz, each]) => {
      const { push, ring, take, facts } = pushing({ channels: 2, bufferSeconds: 2 });
      const encoder = new OpusPacketEncoder({ channels: 2, bitRate: 256_000, complexity: 9, code: 'STREAM_FORMAT' });
      return { hz, each, push, ring, take, facts, encoder };
    });
    for (let serial = 0; serial < 48; serial++)
      for (const { hz, each, push, encoder } of hubs) {
        if (serial * each >= 48) continue;
        const parts = Array.from({ length: each }, (_, part) => {
          const at = (i: number) => (serial * each + part) * 960 + (i >> 1);
          const samples = Array.from({ length: 1920 }, (_, i) =>
            Math.round(16384 * Math.sin((2 * Math.PI * hz * at(i)) / RATE)),
          );
          encoder.samples().set(samples);
          return Uint8Array.from(encoder.encode(960));
        });
        push(packet(serial, 960 * each, RATE, { channels: 2, format: 'opus', payload: joinParts(parts) }));
      }
    for (const { hz, each, ring, take, facts } of hubs) {
      t.match(facts(), { packets: 48 / each, refused: 0 });
      const left = take(ring.fillFrames).filter((_, i) => i % 2 === 0);
      const { frequencyHz, amplitude, residualDb } = fitSine(left.slice(4800), RATE, hz);
      t.ok(Math.abs(frequencyHz - hz) < 0.05, `${hz} Hz is ${frequencyHz}`);
      t.ok(Math.abs(amplitude - 0.5) < 0.02, `level ${amplitude}`);
      t.ok(residualDb < -25, `rest ${residualDb} dB`);
    }
  },
);

t.test('push: what is no number is silence, and what is out of all reason stays finite', async (t) => {
  const { push, ring, take } = pushing({ bufferSeconds: 2 });
  const rude = (x: number) => payloadOf(new Float32Array(480).fill(x), 'f32');
  for (const [serial, x] of [Number.NaN, Number.POSITIVE_INFINITY, -3e38, 0.5].entries())
    push(packet(serial, 480, RATE, { payload: rude(x) }));
  for (let serial = 4; serial < 8; serial++) push(packet(serial, 480, RATE));
  const heard = take(ring.fillFrames);
  t.ok(heard.every((x) => Number.isFinite(x) && Math.abs(x) < 2000));
  t.ok(
    heard.slice(0, 400).every((x) => x === 0),
    'silence in the place of what is no number',
  );
});
