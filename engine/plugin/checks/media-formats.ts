import type { MediaSlot } from '@audiocloud/api';
import { type AudioData, allocateAudio } from '../../media/audio-data.ts';
import { CHECK_RATE_HZ, type CheckContext, type CheckRun, nonFinite } from '../check-context.ts';
import { failed, type Outcome, passed, skipped } from '../check-outcome.ts';
import { PluginMemory } from '../plugin-memory.ts';
import { mediaPlaces, noiseMedia } from '../trial-media.ts';

const FRAMES = 4096;
const LENGTHS = [1, 2, 3, 5, 127, 1023, 2048];
const SEEDS = [31, 32];

/** Plays what is given to every place, with defaults and other values: what is not finite. */
function faultWith(
  context: CheckContext,
  memory: PluginMemory,
  make: (slot: MediaSlot) => AudioData | undefined,
): string | undefined {
  const media = mediaPlaces(context.model).map(make);
  for (const parameters of [{}, ...SEEDS.map((seed) => context.randomParameters(seed))]) {
    const probe = context.probe({ memory, media, parameters });
    const fault = nonFinite(probe.render(context.noise(probe, FRAMES), { frames: FRAMES }).outputs);
    probe.dispose();
    if (fault) return fault;
  }
  return undefined;
}

/** With nothing in its slots it works, and what it gives is finite. */
export const mediaNone: CheckRun = (context) => {
  if (context.media().length === 0) return skipped('the model has no media slots');
  const fault = faultWith(context, new PluginMemory(context.plugin), () => undefined);
  return fault ? failed(`nothing is in its slots: ${fault}`) : passed('finite with nothing in its slots');
};

function made(channels: number, frames: number, sample: (i: number) => number): AudioData {
  const media = allocateAudio(CHECK_RATE_HZ, channels, frames);
  for (const samples of media.data) for (let i = 0; i < frames; i++) samples[i] = sample(i);
  return media;
}

/** Media of every width, length and content that a slot may get. */
function* formats(context: CheckContext): Generator<[what: string, make: (slot: MediaSlot) => AudioData]> {
  const random = context.random(81);
  const fitting = ({ maxSeconds }: MediaSlot, frames: number) =>
    Math.max(1, Math.min(frames, Math.floor(maxSeconds * CHECK_RATE_HZ)));
  const most = Math.max(...mediaPlaces(context.model).map(({ maxChannels }) => maxChannels));
  for (const channels of new Set([1, 2, 3, most].filter((wanted) => wanted <= most)))
    for (const frames of LENGTHS)
      yield [
        `${channels} channels of ${frames} frames`,
        (slot) => noiseMedia(CHECK_RATE_HZ, Math.min(channels, slot.maxChannels), fitting(slot, frames), random),
      ];
  const contents: [string, (i: number) => number][] = [
    ['silence', () => 0],
    ['a constant', () => 1],
    ['huge samples', (i) => (i % 2 ? 1e20 : -1e20)],
    ['denormal samples', () => 1e-40],
    ['NaN and infinity', (i) => [0.5, Number.NaN, Number.POSITIVE_INFINITY][i % 3]!],
  ];
  for (const [what, sample] of contents)
    yield [what, (slot) => made(Math.min(2, slot.maxChannels), fitting(slot, 1001), sample)];
}

/** Mono, stereo and more, one frame and many, silence, and samples that no file should have: finite. */
export const mediaFormats: CheckRun = (context): Outcome => {
  if (context.media().length === 0) return skipped('the model has no media slots');
  const memory = new PluginMemory(context.plugin);
  let count = 0;
  for (const [what, make] of formats(context)) {
    const fault = faultWith(context, memory, make);
    if (fault) return failed(`${what} in every slot: ${fault}`);
    count++;
  }
  return passed(`${count} kinds of media`);
};
