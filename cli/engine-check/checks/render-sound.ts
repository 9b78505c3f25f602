import type { Task } from '@audiocloud/api';
import { type CheckContext, inFolder } from '../check-context.ts';
import { want } from '../outcome.ts';
import { type Clip, media, trackTask } from '../sounds.ts';
import { type WavFile, writeWav } from '../wav-file.ts';
import { rendered } from './render.ts';

/*
 * What a rendered file has to sound like, by formulas of the contract alone (api/task.ts): no model is needed. All at 48 kHz;
 * the media is a chirp, so a sample that is off by a frame, a channel or a hundredth of a dB shows.
 */
const RATE = 48000;
/** Rounding of f32 through a few gains and sums at half of full scale. */
const TOLERANCE = 2e-6;
/** A sample of the media, 0 outside of it. */
type Media = (channel: number, frame: number) => number;
type Formula = (media: Media, channel: number, frame: number) => number;

const seconds = (frames: number) => frames / RATE;
const gain = (db: number) => 10 ** (db / 20);
const wire = (from: string, to: string) => ({ from: { node: from }, to: { node: to } });

function wantFormula(
  { channels, frames }: WavFile,
  samples: readonly Float32Array[],
  formula: Formula,
  tolerance = TOLERANCE,
) {
  const at: Media = (c, i) => samples[c]?.[i] ?? 0;
  channels.forEach((plane, c) => {
    for (let i = 0; i < frames; i++) {
      const wanted = formula(at, c, i);
      want(Math.abs(plane[i]! - wanted) <= tolerance, `channel ${c} is ${plane[i]} at frame ${i}, wanted ${wanted}`);
    }
  });
}

interface SoundOptions {
  graph: Task;
  formula: Formula;
  frames: number;
  mediaChannels?: number;
}

/** Renders the graph to `frames`, and compares every sample with the formula. */
const sounds =
  ({ graph, formula, frames, mediaChannels = 2 }: SoundOptions) =>
  async (context: CheckContext): Promise<string> => {
    const { path, samples } = media(context, { channels: mediaChannels });
    const { file } = await rendered(context, { graph, media: { sound: path }, toSeconds: seconds(frames) });
    want(file.frames === frames, `${file.frames} frames, wanted ${frames}`);
    wantFormula(file, samples, formula);
    return `${frames} frames within ${TOLERANCE}`;
  };

const ofClips = (clips: Partial<Clip>[], formula: Formula) =>
  sounds({ graph: trackTask(clips), formula, frames: 6000 });

export const renderClip = ofClips(
  [{ startSeconds: seconds(100), offsetSeconds: seconds(300), lengthSeconds: seconds(2000) }],
  (m, c, i) => (i >= 100 && i < 2100 ? m(c, i + 200) : 0),
);
export const renderClipGain = ofClips([{ gainDb: -6.5 }], (m, c, i) => m(c, i) * gain(-6.5));
export const renderFades = ofClips(
  [{ lengthSeconds: seconds(4000), fadeInSeconds: seconds(1000), fadeOutSeconds: seconds(500) }],
  (m, c, i) => (i < 4000 ? m(c, i) * Math.min(1, i / 1000) * Math.min(1, (4000 - i) / 500) : 0),
);
export const renderOverlap = ofClips(
  [{}, { startSeconds: seconds(1000), gainDb: -3 }],
  (m, c, i) => m(c, i) + (i >= 1000 ? m(c, i - 1000) * gain(-3) : 0),
);
export const renderMono = sounds({
  graph: trackTask([{}]),
  mediaChannels: 1,
  formula: (m, _, i) => m(0, i),
  frames: 5000,
});

const connected = (more: object, channels = 2): Task =>
  trackTask([{}], {
    channels,
    connections: { out: { ...wire('track', 'main'), ...more } },
    sinks: { main: { kind: 'stream', channels: 2 } },
  });

export const renderConnectionGain = sounds({
  graph: connected({ gainDb: 4.25 }),
  formula: (m, c, i) => m(c, i) * gain(4.25),
  frames: 5000,
});
export const renderConnectionSilence = sounds({ graph: connected({ gainDb: -120 }), formula: () => 0, frames: 5000 });

/** Constant power, -3.01 dB in the middle: cosine and sine of a quarter turn. */
const angle = (pan: number) => ((pan + 1) * Math.PI) / 4;
export const renderPan = sounds({
  graph: connected({ pan: -0.3 }, 1),
  mediaChannels: 1,
  formula: (m, c, i) => m(0, i) * (c === 0 ? Math.cos(angle(-0.3)) : Math.sin(angle(-0.3))),
  frames: 5000,
});
export const renderPanMiddle = sounds({
  graph: connected({ pan: 0 }, 1),
  mediaChannels: 1,
  formula: (m, _, i) => m(0, i) * Math.SQRT1_2,
  frames: 5000,
});
export const renderBalance = async (context: CheckContext): Promise<string> => {
  await sounds({ graph: connected({ pan: 0 }), formula: (m, c, i) => m(c, i), frames: 5000 })(context);
  await sounds({ graph: connected({ pan: 1 }), formula: (m, c, i) => (c === 0 ? 0 : m(1, i)), frames: 5000 })(context);
  return 'nothing changes in the middle, one side alone at an end';
};
export const renderMonoToAll = sounds({
  graph: connected({}, 1),
  mediaChannels: 1,
  formula: (m, _, i) => m(0, i),
  frames: 5000,
});
export const renderChannelMap = sounds({
  graph: connected({
    channels: [
      [0, 1],
      [1, 0],
      [1, 1],
    ],
  }),
  formula: (m, c, i) => (c === 0 ? m(1, i) : m(0, i) + m(1, i)),
  frames: 5000,
});
export const renderOffset = sounds({
  graph: connected({ offsetFrames: 37 }),
  formula: (m, c, i) => m(c, i - 37),
  frames: 5000,
});
export const renderBus = sounds({
  graph: trackTask([{}], {
    buses: {
      mix: {
        inputChannels: 2,
        outputChannels: 3,
        matrix: [
          [0.5, 0.25],
          [1, -1],
          [0, 0.125],
        ],
      },
    },
    connections: { a: wire('track', 'mix'), b: wire('mix', 'main') },
    sinks: { main: { kind: 'stream', channels: 3 } },
  }),
  formula: (m, c, i) => [0.5 * m(0, i) + 0.25 * m(1, i), m(0, i) - m(1, i), 0.125 * m(1, i)][c]!,
  frames: 5000,
});
export const renderMix = sounds({
  graph: trackTask([{}], {
    tracks: {
      track: { channels: 2, clips: [{ media: 'sound', startSeconds: 0 }] },
      late: { channels: 2, clips: [{ media: 'sound', startSeconds: seconds(500) }] },
    },
    buses: { mix: { inputChannels: 2 } },
    connections: {
      a: wire('track', 'mix'),
      b: { ...wire('late', 'mix'), gainDb: -12 },
      c: wire('mix', 'main'),
      d: { ...wire('track', 'main'), gainDb: -6 },
    },
  }),
  formula: (m, c, i) => m(c, i) * (1 + gain(-6)) + m(c, i - 500) * gain(-12),
  frames: 6000,
});

export async function renderRange(context: CheckContext): Promise<string> {
  const { path, samples } = media(context);
  const range = { fromSeconds: seconds(1234), toSeconds: seconds(3000) };
  const { file } = await rendered(context, {
    graph: trackTask([{ fadeInSeconds: seconds(2000) }]),
    media: { sound: path },
    ...range,
  });
  want(file.frames === 3000 - 1234, `${file.frames} frames, wanted ${3000 - 1234}`);
  wantFormula(file, samples, (m, c, i) => m(c, i + 1234) * Math.min(1, (i + 1234) / 2000));
  return 'frames 1234 to 2999';
}

export async function renderEnd(context: CheckContext): Promise<string> {
  const { path } = media(context);
  const graph = trackTask([{ startSeconds: seconds(777) }]);
  const { file } = await rendered(context, { graph, media: { sound: path } });
  want(file.frames === 777 + 4800, `${file.frames} frames, wanted ${777 + 4800}`);
  const longer = await rendered(context, { graph: { ...graph, lengthSeconds: seconds(9999) }, media: { sound: path } });
  want(longer.file.frames === 9999, `${longer.file.frames} frames, lengthSeconds says 9999`);
  return 'the end of the last clip; lengthSeconds where it is given';
}

export async function renderLoopIgnored(context: CheckContext): Promise<string> {
  const { path, samples } = media(context);
  const graph = trackTask([{}], { loop: { startSeconds: 0, endSeconds: seconds(1000) } });
  const { file } = await rendered(context, { graph, media: { sound: path } });
  want(file.frames === 4800, `${file.frames} frames, wanted 4800`);
  wantFormula(file, samples, (m, c, i) => m(c, i));
  return 'the loop is not played';
}

export async function renderSink(context: CheckContext): Promise<string> {
  const { path, samples } = media(context);
  const graph = trackTask([{}], {
    connections: { a: wire('track', 'main'), b: { ...wire('track', 'second'), gainDb: -20 } },
    sinks: { main: { kind: 'stream', channels: 2 }, second: { kind: 'stream', channels: 2 } },
  });
  const { file } = await rendered(context, { graph, media: { sound: path }, sink: 'second' });
  wantFormula(file, samples, (m, c, i) => m(c, i) * gain(-20));
  return 'the sink that was named';
}

/** Of full scale, a step of the format; a dither of two steps more is allowed. */
const withBits =
  (format: 'wav-s16' | 'wav-s24', bits: number) =>
  async (context: CheckContext): Promise<string> => {
    const { path, samples } = media(context);
    const { file } = await rendered(context, { graph: trackTask([{}]), media: { sound: path }, format });
    want(file.bits === bits, `${file.bits} bits`);
    wantFormula(file, samples, (m, c, i) => m(c, i), 2 / 2 ** (bits - 1));
    return `within 2 steps of ${bits} bits`;
  };
export const renderS16 = withBits('wav-s16', 16);
export const renderS24 = withBits('wav-s24', 24);

/** Amplitude of a sine by its two correlations, over whole periods. */
function amplitude(plane: Float64Array, sampleRate: number, hz: number, from: number, to: number): number {
  let re = 0;
  let im = 0;
  for (let i = from; i < to; i++) {
    re += plane[i]! * Math.cos((2 * Math.PI * hz * i) / sampleRate);
    im += plane[i]! * Math.sin((2 * Math.PI * hz * i) / sampleRate);
  }
  return (2 * Math.hypot(re, im)) / (to - from);
}

export async function renderRates(context: CheckContext): Promise<string> {
  const path = inFolder(context, 'sine.wav');
  writeWav(path, 44100, [
    Float32Array.from({ length: 44100 }, (_, n) => 0.5 * Math.sin((2 * Math.PI * 1000 * n) / 44100)),
  ]);
  const graph = trackTask([{}], { channels: 1, sampleRate: 44100, sinks: { main: { kind: 'stream', channels: 1 } } });
  const { file } = await rendered(context, { graph, media: { sound: path }, sampleRate: 96000, toSeconds: 1 });
  want(file.sampleRate === 96000 && file.frames === 96000, `${file.frames} frames at ${file.sampleRate} Hz`);
  const found = amplitude(file.channels[0]!, 96000, 1000, 9600, 86400);
  const db = 20 * Math.log10(found / 0.5);
  want(Math.abs(db) < 0.1, `a sine of 1 kHz has ${db.toFixed(2)} dB after conversion`);
  return `a sine of 1 kHz from 44.1 to 96 kHz: ${db.toFixed(3)} dB`;
}
