import type { DiskSound } from '../media/disk-sound.ts';
import type { DiskClip } from './clip-places.ts';
import type { PageImage } from './page-store.ts';

/** What of one task is read from the disk: as the control side says it to whoever reads. */
export interface DiskSpec {
  /** Of the task; never that of another one. */
  key: number;
  /** Of the image with which it comes into use. */
  generation: number;
  sampleRate: number;
  /** TaskShared of the task. */
  shared: SharedArrayBuffer;
  clips: readonly DiskClip[];
  stores: readonly { image: PageImage; sound: DiskSound }[];
}
