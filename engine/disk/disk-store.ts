import { asAudioCloudError, type ErrorBody } from '@audiocloud/api';
import type { DiskSound } from '../media/disk-sound.ts';
import { PageFiller } from './page-filler.ts';
import type { PageImage } from './page-store.ts';
import { PcmSource } from './pcm-source.ts';

/** How soon a file that could not be read is tried again. */
const TRY_AGAIN_SECONDS = 1;

/** One sound of a task: its file, its pages, and what is wrong with it. [disk] */
export class DiskStore {
  readonly filler: PageFiller;
  private readonly source: PcmSource;
  private readonly onTrouble: (path: string, error: ErrorBody | undefined) => void;
  private trouble: ErrorBody | undefined;
  private tryAgainAt = 0;

  /** mark: see PageFiller. onTrouble: the file cannot be read; undefined: it can again. */
  constructor(image: PageImage, sound: DiskSound, mark: () => number, onTrouble: DiskStore['onTrouble']) {
    this.source = new PcmSource(sound.file);
    this.filler = new PageFiller(image, sound, this.source, mark);
    this.onTrouble = onTrouble;
  }

  get isInTrouble(): boolean {
    return this.trouble !== undefined;
  }

  /** Whether it is not yet time to try again. */
  isResting(nowSeconds: number): boolean {
    return this.tryAgainAt > nowSeconds;
  }

  /** Pages from one on, none of which is there. Returns how many were read; 0: there is no room, or trouble. */
  read(page: number, count: number, turn: number, dueSeconds: number, nowSeconds: number): number {
    let done = 0;
    this.attempt(nowSeconds, () => {
      done = this.filler.fill(page, count, turn, dueSeconds);
    });
    return done;
  }

  /** Looks whether the file is what it was. */
  look(nowSeconds: number): void {
    if (!this.isResting(nowSeconds)) this.attempt(nowSeconds, () => this.source.look());
  }

  close(): void {
    this.source.close();
  }

  private attempt(nowSeconds: number, work: () => void): void {
    const { path } = this.filler.sound.file;
    try {
      work();
      if (this.trouble) this.onTrouble(path, undefined);
      this.trouble = undefined;
    } catch (thrown) {
      this.tryAgainAt = nowSeconds + TRY_AGAIN_SECONDS;
      const error = asAudioCloudError(thrown, 'MEDIA_DAMAGED').toJSON();
      if (this.trouble?.message !== error.message) this.onTrouble(path, error);
      this.trouble = error;
    }
  }
}
