import { AudioCloudError, type Task } from '@audiocloud/api';
import type { PageImage } from '../disk/page-store.ts';
import { type DiskSound, isOnDisk, type TaskSounds } from '../media/disk-sound.ts';
import { dbToGain } from '../plan/graph-edges.ts';
import type { ClipImage } from '../render/task-image.ts';

/** A clip whose sound is on the disk, without a place in memory for it. */
export interface PlacedClip {
  clip: ClipImage;
  sound: DiskSound;
}

/**
 * The clips of each track in frames, sorted by start. pages: memory for those on the disk, in the same order.
 *
 * Throws MEDIA_MISSING, CHANNELS_MISMATCH, GRAPH_INVALID.
 */
export function clipImages(
  task: Task,
  media: TaskSounds,
  sampleRate: number,
  pages: (placed: readonly PlacedClip[]) => PageImage[],
): Map<string, ClipImage[]> {
  const placed: PlacedClip[] = [];
  const tracks = Object.keys(task.tracks ?? {}).map(
    (name) => [name, clipsOf(task, name, media, sampleRate, placed)] as const,
  );
  pages(placed).forEach((disk, i) => {
    placed[i]!.clip.disk = disk;
  });
  return new Map(tracks);
}

function clipsOf(
  task: Task,
  trackName: string,
  media: TaskSounds,
  sampleRate: number,
  placed: PlacedClip[],
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
      const image: ClipImage = {
        start: toFrames(clip.startSeconds),
        frames,
        offset,
        gain: dbToGain(clip.gainDb ?? 0),
        fadeIn: Math.min(frames, toFrames(clip.fadeInSeconds)),
        fadeOut: Math.min(frames, toFrames(clip.fadeOutSeconds)),
        media: isOnDisk(data) ? [] : data.data,
      };
      if (isOnDisk(data)) placed.push({ clip: image, sound: data });
      return image;
    })
    .sort((a, b) => a.start - b.start);
}
