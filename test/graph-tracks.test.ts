import type { Clip, Task } from '@audiocloud/api';
import { type AudioData, renderTask } from '@audiocloud/engine';
import t from 'tap';
import { seededRandom } from '../engine/plugin/seeded-random.ts';
import { distance, noise, sine } from '../plugins/testing/signals.ts';
import { audio, DrivenTask, joined, openRegistry, RATE, steepest } from './driven-task.ts';

const registry = await openRegistry();

const taskOf = (clips: Clip[], channels = 1): Task => ({
  sampleRate: RATE,
  tracks: { track: { channels, clips } },
  connections: { out: { from: { node: 'track' }, to: { node: 'main' } } },
  sinks: { main: { kind: 'stream', channels } },
});

const seconds = (frames: number) => frames / RATE;

/** What the document says a track sounds like: one number a frame. */
function formula(clips: Clip[], media: Record<string, AudioData>, channel: number, frames: number): Float64Array {
  const out = new Float64Array(frames);
  for (const clip of clips) {
    const { data } = media[clip.media]!;
    const source = data.length === 1 ? data[0]! : data[channel]!;
    const at = (s = 0) => Math.round(s * RATE);
    const offset = at(clip.offsetSeconds);
    const length = clip.lengthSeconds === undefined ? source.length - offset : at(clip.lengthSeconds);
    for (let i = 0; i < length; i++) {
      let gain = 10 ** ((clip.gainDb ?? 0) / 20);
      if (clip.fadeInSeconds) gain *= Math.min(1, i / Math.min(length, at(clip.fadeInSeconds)));
      if (clip.fadeOutSeconds) gain *= Math.min(1, (length - i) / Math.min(length, at(clip.fadeOutSeconds)));
      const n = at(clip.startSeconds) + i;
      if (n < frames) out[n]! += source[offset + i]! * gain;
    }
  }
  return out;
}

t.test('a clip stands on its frame, wherever that is in a block', async (t) => {
  const sound = noise(300, 1);
  const media = { sound: audio(sound) };
  for (const start of [0, 1, 127, 128, 129, 1000])
    for (const [offset, length] of [
      [0, 300],
      [17, 100],
      [299, 1],
    ] as const) {
      const clip = {
        media: 'sound',
        startSeconds: seconds(start),
        offsetSeconds: seconds(offset),
        lengthSeconds: seconds(length),
      };
      const { data } = await renderTask({ task: taskOf([clip]), media, registry });
      const wanted = joined(new Float32Array(start), sound.slice(offset, offset + length));
      t.same(data[0], wanted, `start ${start}, offset ${offset}, length ${length}`);
    }
});

t.test('fades and gain follow the formula, frame by frame', async (t) => {
  const sound = noise(2000, 2);
  const media = { sound: audio(sound) };
  const clip = {
    media: 'sound',
    startSeconds: seconds(100),
    gainDb: -7,
    fadeInSeconds: seconds(333),
    fadeOutSeconds: seconds(1001),
  };
  const { data } = await renderTask({ task: taskOf([clip]), media, registry });
  t.ok(distance(data[0]!, formula([clip], media, 0, 2100)) < 1e-6);
  t.equal(data[0]![100], 0, 'begins at zero');
  const gain = 10 ** (-7 / 20);
  t.ok(Math.abs(data[0]![2099]! - (sound[1999]! * gain) / 1001) < 1e-7, 'ends one step above it');
  // longer than the clip: both fades at once
  const short = { ...clip, lengthSeconds: seconds(50), fadeInSeconds: seconds(400) };
  const whole = (await renderTask({ task: taskOf([short]), media, registry })).data[0]!;
  const wanted = sound.slice(0, 50).map((x, i) => x * gain * (i / 50) * ((50 - i) / 50));
  t.ok(distance(whole, joined(new Float32Array(100), wanted)) < 1e-6);
});

t.test('seeded clips, overlapping and in any order, are added as the formula says', async (t) => {
  for (const seed of [1, 2, 3, 4]) {
    const random = seededRandom(seed);
    const some = (most: number) => Math.floor(random() * most);
    const media = { mono: audio(noise(3000, 10)), stereo: audio(noise(2000, 11), noise(2000, 12)) };
    const clips = Array.from({ length: 40 }, (): Clip => {
      const which = random() < 0.5 ? 'mono' : 'stereo';
      const offset = some(500);
      return {
        media: which,
        startSeconds: seconds(some(20000)),
        offsetSeconds: seconds(offset),
        lengthSeconds: seconds(1 + some(media[which].frames - offset - 1)),
        gainDb: -20 + some(20),
        ...(random() < 0.5 ? { fadeInSeconds: seconds(some(200)) } : {}),
        ...(random() < 0.5 ? { fadeOutSeconds: seconds(some(200)) } : {}),
      };
    });
    for (const blockFrames of [64, 480]) {
      const { data, frames } = await renderTask({ task: taskOf(clips, 2), media, registry, blockFrames });
      for (const c of [0, 1]) {
        const error = distance(data[c]!, formula(clips, media, c, frames));
        t.ok(error < 2e-6, `seed ${seed}, blocks of ${blockFrames}, channel ${c}: ${error}`);
      }
    }
  }
});

t.test('mono media fills every channel of a track', async (t) => {
  const sound = noise(500, 3);
  const task = taskOf([{ media: 'sound', startSeconds: 0 }], 6);
  const { data } = await renderTask({ task, media: { sound: audio(sound) }, registry });
  t.same(data, Array(6).fill(sound));
});

t.test('what cannot be placed is refused by name', async (t) => {
  const media = { sound: audio(noise(100, 1), noise(100, 2)) };
  const refused = (clip: Clip, channels: number) => renderTask({ task: taskOf([clip], channels), media, registry });
  await t.rejects(refused({ media: 'gone', startSeconds: 0 }, 2), { code: 'MEDIA_MISSING', message: /'gone'/ });
  await t.rejects(refused({ media: 'constructor', startSeconds: 0 }, 2), { code: 'MEDIA_MISSING' });
  await t.rejects(refused({ media: 'sound', startSeconds: 0 }, 3), { code: 'CHANNELS_MISMATCH', message: /'track'/ });
  await t.rejects(refused({ media: 'sound', startSeconds: 0, offsetSeconds: seconds(100) }, 2), {
    code: 'GRAPH_INVALID',
  });
  await t.rejects(
    refused({ media: 'sound', startSeconds: 0, offsetSeconds: seconds(90), lengthSeconds: seconds(11) }, 2),
    { code: 'GRAPH_INVALID', message: /1 frames after media 'sound'/ },
  );
});

const SOUND = noise(20000, 5);
const live = (blockFrames = 128) =>
  new DrivenTask(taskOf([{ media: 'sound', startSeconds: 0 }]), {
    registry,
    media: { sound: audio(SOUND) },
    blockFrames,
  });

t.test('loop seams are exact to the frame, also of loops shorter than a block', async (t) => {
  for (const blockFrames of [32, 128, 480])
    for (const [start, end] of [
      [1000, 1777],
      [0, 128],
      [500, 501],
      [300, 390],
      [129, 4000],
    ] as const) {
      const driven = live(blockFrames);
      driven.loop(start, end);
      driven.play(0);
      const [out] = driven.render(Math.ceil(9000 / blockFrames));
      const wanted = Float32Array.from(out!, (_, n) => SOUND[n < end ? n : start + ((n - start) % (end - start))]!);
      t.equal(distance(out!, wanted), 0, `loop from ${start} to ${end} in blocks of ${blockFrames}`);
      const position = out!.length < end ? out!.length : start + ((out!.length - start) % (end - start));
      t.equal(driven.task.shared.positionFrame, position, 'the position goes round');
    }
});

t.test('a loop that is behind the playhead is not entered; one that is lifted is left', async (t) => {
  const driven = live();
  driven.play(2000);
  driven.loop(100, 200);
  t.equal(distance(driven.render(4)[0]!, SOUND.slice(2000, 2512)), 0);
  driven.loop(2600, 2700);
  driven.render(8);
  const { positionFrame } = driven.task.shared;
  t.ok(positionFrame >= 2600 && positionFrame < 2700, `at ${positionFrame}`);
  driven.loop(0, 0);
  t.equal(distance(driven.render(4)[0]!, SOUND.slice(positionFrame, positionFrame + 512)), 0);
});

t.test('positions and stream frames of the sink are those of the sound', async (t) => {
  const driven = live();
  driven.loop(1000, 1300);
  driven.play(900, 7);
  driven.render(10);
  driven.seek(5000);
  driven.render(3);
  const ring = driven.ring();
  t.equal(ring.written, 13 * 128);
  const sample = new Float32Array(1);
  for (let frame = 0; frame < ring.written; frame++) {
    const mark = ring.markAt(frame)!;
    ring.read(frame, 1, sample);
    const isCrossfaded = frame >= 1280 && frame < 1408;
    const wanted = frame < 1280 ? (frame < 400 ? 900 + frame : 1000 + ((frame - 400) % 300)) : 5000 + frame - 1280;
    if (mark.playId !== 7 || mark.streamFrame !== frame || mark.timelineFrame !== wanted)
      t.fail(`frame ${frame}: ${JSON.stringify(mark)}, wanted timeline ${wanted}`);
    if (!isCrossfaded && sample[0] !== SOUND[wanted]) t.fail(`frame ${frame} is not the sound of ${wanted}`);
    const next = ring.markAt(frame + mark.frames);
    if (next && next.timelineFrame === mark.timelineFrame + mark.frames && next.streamFrame % 128 !== 0)
      t.fail(`frame ${frame}: a piece ends without a jump`);
  }
  t.pass();
});

/** A task of a smooth sound, so that every step in it is somebody's fault. */
const smooth = sine(RATE, 200, RATE, 0.5);
const smoothLive = () =>
  new DrivenTask(taskOf([{ media: 'sound', startSeconds: 0 }]), { registry, media: { sound: audio(smooth) } });
const OWN_STEP = steepest(smooth);

t.test("a seek crossfades within one block, without a step above the sound's own", async (t) => {
  for (const target of [120, 5061, 20183]) {
    const driven = smoothLive();
    driven.play(0);
    const before = driven.render(3)[0]!;
    driven.seek(target);
    const after = driven.render(3)[0]!;
    // two sines, each at most with its own step, and a fade of 1/128 a frame between values at most 1 apart
    t.ok(steepest(joined(before, after)) <= OWN_STEP + 1 / 128, `to ${target}: ${steepest(joined(before, after))}`);
    t.equal(distance(after.subarray(128), smooth.slice(target + 128, target + 384)), 0, 'there after one block');
    const wanted = Float32Array.from({ length: 128 }, (_, i) => {
      return smooth[384 + i]! * (1 - i / 128) + smooth[target + i]! * (i / 128);
    });
    t.ok(distance(after.subarray(0, 128), wanted) < 1e-6, 'a straight crossfade');
  }
});

t.test('several seeks in one block: from where the sound was to the last of them', async (t) => {
  const driven = smoothLive();
  driven.play(0);
  const before = driven.render(3)[0]!;
  for (const target of [30100, 11003, 7060]) driven.seek(target);
  const after = driven.render(2)[0]!;
  t.ok(steepest(joined(before, after)) <= OWN_STEP + 1 / 128, `${steepest(joined(before, after))}`);
  t.equal(distance(after.subarray(128), smooth.slice(7060 + 128, 7060 + 256)), 0);
});

t.test('a stop fades out within its block, and all is still after it', async (t) => {
  const driven = smoothLive();
  driven.play(60); // where the sine is at its height
  const before = driven.render(5)[0]!;
  driven.stop();
  const [last] = driven.render(1);
  const wanted = Float32Array.from({ length: 128 }, (_, i) => smooth[60 + 640 + i]! * (1 - (i + 1) / 128));
  t.ok(distance(last!, wanted) < 1e-6);
  t.equal(last![127], 0);
  t.ok(steepest(joined(before, last!)) <= OWN_STEP + 1 / 128);
  t.equal(driven.task.shared.playing, false);
  t.equal(driven.render(3)[0]!.length, 0, 'nothing is written any more');
  t.equal(driven.task.shared.positionFrame, 60 + 768, 'and the position stays');
});

t.test('a stop and a play on the same block are both obeyed', async (t) => {
  const driven = smoothLive();
  driven.play(0);
  driven.render(2);
  driven.stop();
  driven.play(1000, 2);
  driven.render(1);
  t.equal(distance(driven.render(2)[0]!, smooth.slice(1000, 1256)), 0);
  t.equal(driven.ring().markAt(384)!.playId, 2);
});

t.test('play after stop, by the control side, is never lost', async (t) => {
  const driven = smoothLive();
  const turn = async (change: { play: boolean; positionSeconds?: number }) => {
    const done = driven.task.transport(change);
    driven.render(1);
    return done;
  };
  t.equal((await turn({ play: true, positionSeconds: 0 })).playing, true);
  driven.render(3);
  const stopping = driven.task.transport({ play: false });
  const playing = driven.task.transport({ play: true, positionSeconds: 0.5 });
  driven.render(1);
  driven.render(1);
  t.equal((await stopping).playing, false);
  t.equal((await playing).playing, true);
  t.ok(driven.task.shared.playing);
  t.equal(driven.task.shared.positionFrame, RATE / 2 + 128);
  await turn({ play: false });
  t.notOk(driven.task.shared.playing, 'who waited for the stop finds the task stopped');
});

t.test('a play begins as new: two plays give the same bytes, whatever was before', async (t) => {
  const task: Task = {
    sampleRate: RATE,
    tracks: { track: { channels: 2, clips: [{ media: 'sound', startSeconds: 0 }] } },
    instances: {
      noise: { model: 'audiocloud:tone', parameters: { type: 'pink', level: -20 } },
      saw: { model: 'audiocloud:tone', parameters: { type: 'saw', level: -20, frequency: 333 } },
      late: { model: 'audiocloud:delay', parameters: { delay: 700 } },
      eq: {
        model: 'audiocloud:equalizer',
        parameters: { type: ['bell', 'low-cut'], gain: [12], q: [20] },
      },
      comp: { model: 'audiocloud:compressor', parameters: { threshold: -30, ratio: 4 } },
      meter: { model: 'audiocloud:meter' },
      wave: { model: 'example:tremolo', parameters: { depth: 60 } },
    },
    connections: {
      a: { from: { node: 'track' }, to: { node: 'late' } },
      b: { from: { node: 'late' }, to: { node: 'eq' } },
      c: { from: { node: 'noise' }, to: { node: 'eq' } },
      d: { from: { node: 'eq' }, to: { node: 'comp' } },
      e: { from: { node: 'saw' }, to: { node: 'comp', port: 'key' } },
      f: { from: { node: 'comp' }, to: { node: 'wave' } },
      g: { from: { node: 'wave' }, to: { node: 'meter' } },
      h: { from: { node: 'meter' }, to: { node: 'main' } },
      i: { from: { node: 'meter' }, to: { node: 'eq' }, feedback: true, gainDb: -12 },
      j: { from: { node: 'saw' }, to: { node: 'main' }, offsetFrames: 301, gainDb: -10 },
    },
    sinks: { main: { kind: 'stream', channels: 2 } },
  };
  const driven = new DrivenTask(task, { registry, media: { sound: audio(SOUND) } });
  driven.play(100);
  const first = driven.render(60);
  driven.play(5000); // while it plays
  driven.render(7);
  driven.stop();
  driven.render(1);
  driven.play(100);
  t.same(driven.render(60), first);
  t.ok(first[0]!.some((x) => x !== 0));
});
