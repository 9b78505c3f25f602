import type { AudioData } from './audio-data.ts';
import type { SampleLayout } from './unpack-samples.ts';

/** Uncompressed sound in a file, as it was when somebody looked. */
export interface PcmFile extends SampleLayout {
  path: string;
  sizeBytes: number;
  mtimeMs: number;
  ino: number;
  /** Of the first frame. */
  dataOffset: number;
}

/** Sound that stays on the disk and is read where it is played (docs/disk-streaming.md). Read only. */
export interface DiskSound {
  sampleRate: number;
  channels: number;
  frames: number;
  file: PcmFile;
  /** The same in memory, where an instance has it in a slot as well. */
  whole?: AudioData;
}

/** What clips play: sound in memory, or on the disk. */
export type Sound = AudioData | DiskSound;

/** By name in the task. */
export type TaskSounds = Readonly<Record<string, Sound>>;

/** Whether a sound is on the disk. [any] */
export function isOnDisk(sound: Sound): sound is DiskSound {
  return 'file' in sound;
}

/** The same for files with the same bytes in them, as far as one can tell without reading. [any] */
export function pcmFileKey({ path, sizeBytes, mtimeMs, ino, dataOffset }: PcmFile): string {
  return JSON.stringify([path, sizeBytes, mtimeMs, ino, dataOffset]);
}
