import type { MediaSlot, Model } from '@audiocloud/api';
import { type AudioData, allocateAudio } from '../media/audio-data.ts';

const SECONDS = 0.04;
/** Of all places together: a model may have hundreds. */
const ALL_SECONDS = 1;

/** The slot of each place where a model takes media, all counted through. */
export function mediaPlaces({ mediaSlots = [] }: Model): MediaSlot[] {
  return mediaSlots.flatMap((slot) => Array.from({ length: slot.count ?? 1 }, () => slot));
}

/**
 * Something short for every place where a model takes media: noise at -6 dBFS peak that fades, mono and stereo in turn, each of
 * another length.
 */
export function trialMedia(model: Model, sampleRate: number, random: () => number): AudioData[] {
  const places = mediaPlaces(model);
  return places.map(({ maxSeconds, maxChannels }, place) => {
    const seconds = Math.min(SECONDS, ALL_SECONDS / places.length, maxSeconds);
    const frames = Math.max(1, Math.floor(seconds * sampleRate) - (place % 4));
    return noiseMedia(sampleRate, Math.min(1 + ((place + 1) % 2), maxChannels), frames, random);
  });
}

/** Noise at -6 dBFS peak that fades to nothing, another one in each channel. */
export function noiseMedia(sampleRate: number, channels: number, frames: number, random: () => number): AudioData {
  const media = allocateAudio(sampleRate, channels, frames);
  for (const samples of media.data) for (let i = 0; i < frames; i++) samples[i] = (random() - 0.5) * (1 - i / frames);
  return media;
}
