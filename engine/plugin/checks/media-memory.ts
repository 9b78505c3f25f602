import { AudioCloudError } from '@audiocloud/api';
import type { AudioData } from '../../media/audio-data.ts';
import { CHECK_MAX_FRAMES, CHECK_RATE_HZ, type CheckContext, type CheckRun, difference } from '../check-context.ts';
import { failed, passed, skipped } from '../check-outcome.ts';
import { PluginMemory } from '../plugin-memory.ts';
import { mediaPlaces, noiseMedia } from '../trial-media.ts';

const FRAMES = 8192;

/** What is lent stays as it is, through activation, sound and reset: other instances read it too. */
export const mediaUnwritten: CheckRun = (context) => {
  const media = context.media();
  if (media.length === 0) return skipped('the model has no media slots');
  const memory = new PluginMemory(context.plugin);
  const lent = media.map((sound) => memory.lent.take(sound));
  const copies = () =>
    media.map(({ frames, channels }, place) => {
      const first = lent[place]! / 4;
      return memory.views.f32.slice(first, first + channels * ((frames + 3) & ~3));
    });
  const before = copies();
  for (const parameters of [{}, context.randomParameters(91)]) {
    const probe = context.probe({ memory, parameters });
    const written = (when: string) => {
      const { size, text } = difference(before, copies());
      return size > 0 ? failed(`${when}: ${text.replace('channel', 'place')}`) : undefined;
    };
    const atOnce = written('ac_media or ac_activate writes media');
    if (atOnce) return atOnce;
    const random = context.random(92);
    for (let block = 0; block < FRAMES / CHECK_MAX_FRAMES; block++) {
      const events = context.randomEvents(random, 2, CHECK_MAX_FRAMES);
      probe.process(context.noise(probe, CHECK_MAX_FRAMES, block), CHECK_MAX_FRAMES, events);
      if (block === 10) probe.reset();
    }
    probe.dispose();
    const later = written('it writes media while it renders');
    if (later) return later;
  }
  return passed(`${media.length} places of media are as they were`);
};

/** Frames of other samples before and behind each piece. */
const AROUND = 256;
const NEVER = 0.75;

/** The sound with media whose neighbours in memory are all this sample. */
function soundAmong(context: CheckContext, media: readonly AudioData[], neighbour: number): Float32Array[] {
  const probe = context.probe({ media: [] });
  const { memory, layout } = probe;
  probe.deactivate();
  media.forEach((sound, place) => {
    const stride = (sound.frames + 3) & ~3;
    const words = 2 * AROUND + sound.channels * stride;
    const first = memory.alloc(4 * words) / 4;
    const { f32 } = memory.views;
    f32.fill(neighbour, first, first + words);
    sound.data.forEach((samples, c) => {
      const channel = first + AROUND + c * stride;
      f32.fill(0, channel, channel + stride);
      f32.set(samples, channel);
    });
    memory.media(layout, place, 4 * (first + AROUND), sound);
  });
  probe.activate(CHECK_RATE_HZ, CHECK_MAX_FRAMES);
  return probe.render(context.noise(probe, FRAMES), { frames: FRAMES }).outputs;
}

/** What lies before and behind a piece of media is not read. */
export const mediaNotReadBeyond: CheckRun = (context) => {
  const places = mediaPlaces(context.model);
  if (places.length === 0) return skipped('the model has no media slots');
  const random = context.random(93);
  for (const frames of [1, 6, 1003, 1004]) {
    const media = places.map(({ maxChannels, maxSeconds }) =>
      noiseMedia(
        CHECK_RATE_HZ,
        Math.min(2, maxChannels),
        Math.max(1, Math.min(frames, Math.floor(maxSeconds * CHECK_RATE_HZ))),
        random,
      ),
    );
    const { size, text } = difference(soundAmong(context, media, 0), soundAmong(context, media, NEVER));
    if (size > 0) return failed(`what lies beside media of ${frames} frames changes the sound: ${text}`);
  }
  return passed('what lies beside media is not heard');
};

/** A slot that there is not is refused. */
export const mediaSlots: CheckRun = ({ plugin, model }) => {
  if (!plugin.module.takesMedia) return skipped('the plugin has no ac_media');
  const memory = new PluginMemory(plugin);
  const layout = memory.create(plugin.models.findIndex(({ id }) => id === model.id));
  const sound = noiseMedia(CHECK_RATE_HZ, 1, 4, () => 0.5);
  const address = memory.lent.take(sound);
  const places = mediaPlaces(model).length;
  for (const slot of [places, 1000, 0x7fffffff, -1])
    try {
      memory.media(layout, slot, address, sound);
      return failed(`ac_media takes slot ${slot}, the model has ${places}`);
    } catch (error) {
      if (!(error instanceof AudioCloudError) || error.details?.['trap']) throw error;
    }
  return passed(`${places} slots, no others`);
};
