import { AudioCloudError, type Task } from '@audiocloud/api';
import type { AudioData } from '../media/audio-data.ts';
import { dbToGain } from '../plan/graph-edges.ts';
import type { ClipImage } from '../render/task-image.ts';

/** The clips of a track in frames, sorted by start. Throws MEDIA_MISSING, CHANNELS_MISMATCH, GRAPH_INVALID. */
export function clipImages(
  task: Task,
  trackName: string,
  media: Record<string, AudioData>,
  sampleRate: number,
): ClipImage[] {
  const track = task.tracks![trackName]!;
  const toFrames = (seconds = 0) => Math.round(seconds * sampleRate);
  return track.clips
    .map((clip, i) => {
      const what = `clip ${i} of track '${trackName}'`;
      const data = Object.hasOwn(media, clip.media) ? media[clip.media] : undefined; // not what every object has
      if (!data)
        throw new AudioCloudError(
          'MEDIA_MISSING',
          `Cannot place ${what}: the task has no media named '${clip.media}'`,
          { track: trackName, media: clip.media },
        );
      if (data.channels !== 1 && data.channels !== track.channels)
        throw new AudioCloudError(
          'CHANNELS_MISMATCH',
          `Cannot place ${what}: media '${clip.media}' has ${data.channels} channels, the track ${track.channels}; make the track as wide`,
          { track: trackName, media: clip.media },
        );
      const offset = toFrames(clip.offsetSeconds);
      const rest = data.frames - offset;
      const frames = clip.lengthSeconds === undefined ? rest : toFrames(clip.lengthSeconds);
      if (rest <= 0 || frames > rest)
        throw new AudioCloudError(
          'GRAPH_INVALID',
          `Cannot place ${what}: it ends ${Math.max(frames, 1) - rest} frames after media '${clip.media}' (${data.frames} frames)`,
          { track: trackName, media: clip.media },
        );
      return {
        start: toFrames(clip.startSeconds),
        frames,
        offset,
        gain: dbToGain(clip.gainDb ?? 0),
        fadeIn: Math.min(frames, toFrames(clip.fadeInSeconds)),
        fadeOut: Math.min(frames, toFrames(clip.fadeOutSeconds)),
        media: data.data,
      };
    })
    .sort((a, b) => a.start - b.start);
}
