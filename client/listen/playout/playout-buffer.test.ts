import t from 'tap';
import { FADE_FRAMES, PlayoutBuffer, type PlayoutOptions } from './playout-buffer.ts';

const RATE = 48000;
const PACKET = 480;
const QUANTUM = 128;

/** Sample n of a stream is n + 1 in the first channel, so that what is heard says where it is from. */
const samplesFrom = (frame: number, frames = PACKET) => Float32Array.from({ length: frames }, (_, i) => frame + i + 1);

interface Link {
  /** How long after its last frame was made packet n arrives, in seconds; undefined: never. Later ones wait for it. */
  delay(packet: number): number | undefined;
  /** Of the sender's clock by the card's. */
  clock?: number;
  seconds: number;
  signal?: (frame: number) => number;
}

/** Plays packets of 10 ms through a link with a clock that only counts. Gives all that came out. */
function play({ delay, clock = 1, seconds, signal }: Link, options: Partial<PlayoutOptions> = {}) {
  const buffer = new PlayoutBuffer({ channels: 1, sampleRate: RATE, ...options });
  const out: number[] = [];
  const delays: number[] = [];
  let packet = 0;
  let free = 0;
  for (let now = 0; now < seconds * RATE; now += QUANTUM) {
    for (;;) {
      const takes = delay(packet);
      const at = Math.max(free, ((packet + 1) * PACKET) / clock + (takes ?? 0) * RATE);
      if (at > now) break;
      free = at;
      if (takes !== undefined)
        buffer.push(
          {
            playId: 1,
            streamFrame: packet * PACKET,
            timelineFrame: packet * PACKET,
            samples: signal
              ? samplesFrom(packet * PACKET).map((sample) => signal(sample - 1))
              : samplesFrom(packet * PACKET),
          },
          now,
        );
      packet++;
    }
    const quantum = new Float32Array(QUANTUM);
    buffer.pull([quantum], now);
    for (const sample of quantum) out.push(sample);
    delays.push((now - buffer.facts().streamFrame) / RATE);
  }
  return { buffer, out, facts: buffer.facts(), delays };
}

/** The runs in what came out, as the report of a buffer must have them: of samples that go up by 1. */
function runsIn(out: readonly number[]) {
  const runs: { streamFrame: number; frames: number }[] = [];
  let begun = -1;
  for (let i = 1; i <= out.length; i++) {
    const isIn = out[i - 1] !== 0 && out[i] === out[i - 1]! + 1;
    if (isIn && begun < 0) begun = i - 1;
    if (!isIn && begun >= 0) {
      if (i - begun > 32) runs.push({ streamFrame: out[begun]! - 1, frames: i - begun });
      begun = -1;
    }
  }
  return runs;
}

/** Runs as they are to be seen in the sound: without the fade at the beginning. */
const unfaded = (buffer: PlayoutBuffer) =>
  buffer
    .heardRuns()
    .map(({ streamFrame, frames }) =>
      streamFrame === 0
        ? { streamFrame, frames }
        : { streamFrame: streamFrame + FADE_FRAMES, frames: frames - FADE_FRAMES },
    )
    .filter(({ frames }) => frames > 32);

const random = (seed: number) => () => {
  seed = (seed * 1664525 + 1013904223) >>> 0;
  return seed / 2 ** 32;
};

t.test('buffer: on an even link every sample is heard as it came, with little delay', async (t) => {
  const { buffer, facts, out, delays } = play({ delay: () => 0.003, seconds: 10 }, { correctsDrift: false });
  t.match(facts, { underruns: 0, lostFrames: 0, skippedFrames: 0, waitedFrames: 0, speed: 1 });
  t.same(runsIn(out), unfaded(buffer));
  t.equal(buffer.heardRuns().length, 1);
  t.ok(delays.at(-1)! < 0.045, `delay ${delays.at(-1)}: 10 ms of the packet, 3 of the link, 20 of the buffer`);
});

t.test('buffer: uneven arrival is covered after the first seconds, and forgotten 5 s after it has ended', async (t) => {
  const next = random(7);
  const jitter = 0.1;
  const { facts, delays, buffer } = play({
    delay: (packet) => (packet < 1000 ? next() * jitter : 0.002),
    seconds: 26,
  });
  const at = (second: number) => delays[Math.round((second * RATE) / QUANTUM)]!;
  t.ok(facts.underruns <= 3, `${facts.underruns} underruns`);
  t.ok(at(8) > 0.06 && at(8) < 0.22, `delay within: ${at(8)}`);
  t.ok(at(25) < 0.06, `delay after: ${at(25)}`);
  t.ok(buffer.heardRuns().length < 12);
});

t.test('buffer: an early burst does not hold the delay: it is skipped across a fade', async (t) => {
  const { delays, facts, out, buffer } = play(
    // the first 600 ms come at once, late
    { delay: (packet) => (packet < 60 ? 0.6 - packet * 0.01 : 0.002), seconds: 6 },
    { correctsDrift: false },
  );
  t.ok(delays[Math.round((5.5 * RATE) / QUANTUM)]! < 0.06, `delay after 5.5 s: ${delays.at(-1)}`);
  t.same(runsIn(out), unfaded(buffer), 'what is reported is what is heard');
  t.equal(facts.heardFrames + facts.skippedFrames + facts.fillFrames, 599 * PACKET, 'every frame has its place');
});

t.test('buffer: clocks that run apart are made good without a skip or a step', async (t) => {
  for (const clock of [1 + 300e-6, 1 - 300e-6]) {
    const tone = (frame: number) => Math.sin((2 * Math.PI * 997 * frame) / RATE);
    const { delays, facts, out } = play({ delay: () => 0.002, clock, seconds: 60, signal: tone });
    t.match(facts, { underruns: 0, skippedFrames: 0 });
    t.ok(Math.abs(facts.speed - clock) < 100e-6, `speed ${facts.speed} for ${clock}`);
    t.ok(
      delays.slice(4000).every((delay) => delay < 0.06),
      'the delay stays',
    );
    let step = 0;
    for (let i = RATE; i < out.length; i++) step = Math.max(step, Math.abs(out[i]! - out[i - 1]!));
    t.ok(step < (2 * Math.PI * 997) / RATE + 0.002, `no step beyond those of the tone: ${step}`);
  }
});

t.test('buffer: what is lost is silent for as long, and counted', async (t) => {
  const { buffer, facts, out } = play(
    { delay: (packet) => (packet % 100 === 50 ? undefined : 0.002), seconds: 5 },
    { correctsDrift: false },
  );
  t.equal(facts.lostFrames, 5 * PACKET);
  t.equal(facts.concealedFrames, 5 * PACKET);
  t.equal(facts.underruns, 0);
  t.same(runsIn(out), unfaded(buffer));
});

/** Nothing for 3 s, then all of it at once. */
const cut = (packet: number) => {
  const at = packet * 0.01;
  return at > 5 && at < 8 ? 8 - at : 0.002;
};

t.test('buffer: after a cut it skips to now', async (t) => {
  const { buffer, facts, out, delays } = play({ delay: cut, seconds: 14 }, { correctsDrift: false });
  t.equal(facts.underruns, 1);
  t.ok(Math.abs(facts.waitedFrames / RATE - 3) < 0.1, `${facts.waitedFrames / RATE} s of silence`);
  t.ok(Math.abs(facts.skippedFrames / RATE - 3) < 0.1, `${facts.skippedFrames / RATE} s skipped`);
  t.ok(delays.at(-1)! < 0.1);
  t.same(runsIn(out), unfaded(buffer));
});

t.test('buffer: after a cut it goes on where it was when it keeps its place, and skips when asked', async (t) => {
  const { buffer, facts, out, delays } = play({ delay: cut, seconds: 14 }, { correctsDrift: false, keepsPlace: true });
  t.match(facts, { underruns: 1, skippedFrames: 0, lostFrames: 0 });
  t.ok(delays.at(-1)! > 2.9 && delays.at(-1)! < 3.2, `delay ${delays.at(-1)}`);
  t.same(runsIn(out), unfaded(buffer));
  t.equal(unfaded(buffer).length, 2);
  buffer.skipToNow();
  const quantum = new Float32Array(QUANTUM);
  buffer.pull([quantum], out.length);
  t.ok(buffer.facts().skippedFrames / RATE > 2.9);
});

t.test('buffer: an end is no underrun, and what is shorter than the delay is heard', async (t) => {
  const buffer = new PlayoutBuffer({ channels: 1, sampleRate: RATE });
  const heard: number[] = [];
  const pull = (from: number, to: number) => {
    for (let now = from; now < to; now += QUANTUM) {
      const quantum = new Float32Array(QUANTUM);
      buffer.pull([quantum], now);
      heard.push(...quantum);
    }
  };
  for (const playId of [1, 2]) {
    buffer.push({ playId, streamFrame: 0, timelineFrame: 0, samples: samplesFrom(0) }, playId * 96000);
    pull(playId * 96000, (playId + 1) * 96000);
  }
  t.match(buffer.facts(), { underruns: 0, heardFrames: 2 * PACKET, waitedFrames: 0 });
  t.same(runsIn(heard), Array(2).fill({ streamFrame: 0, frames: PACKET }), 'the very first frame is not faded');
});

t.test('buffer: what comes twice is heard once', async (t) => {
  const buffer = new PlayoutBuffer({ channels: 1, sampleRate: RATE, correctsDrift: false });
  for (const from of [0, 480, 0, 480, 700, 960])
    buffer.push({ playId: 1, streamFrame: from, timelineFrame: from, samples: samplesFrom(from) }, from);
  const out = new Float32Array(2048);
  buffer.pull([out], 1440);
  t.same(runsIn([...out]), [{ streamFrame: 0, frames: 1440 }]);
  t.match(buffer.facts(), { lostFrames: 0, skippedFrames: 0, heardFrames: 1440 });
});
