import { createHash } from 'node:crypto';
import { AudioCloudError, type MediaFacts, type MediaFrom } from '@audiocloud/api';
import type { MediaDisk } from '../../media/media-disk.ts';
import type { Life } from './life.ts';
import type { DiskHealth, DiskLuck } from './simulated-disk.ts';

/** What lies in the media folder: two files have the same content, one cannot be decoded. */
const DAMAGED = 'no sound';
const FILES: Record<string, readonly string[]> = {
  'drums.wav': ['RIFF', 'drums', 'more drums'],
  'copy-of-drums.wav': ['RIFF', 'drums', 'more drums'],
  'bass.wav': ['RIFF', 'bass'],
  'empty.wav': [],
  'broken.wav': ['RIFF', DAMAGED],
};
export const FILE_NAMES = Object.keys(FILES);

/** The hash of a file of the media folder. [any] */
export const hashOfFile = (path: string): string => hashOf((FILES[path] ?? []).join(''));

/** Whether an engine can decode it. [any] */
export const isDamagedFile = (path: string): boolean => FILES[path]?.includes(DAMAGED) === true;

const contentPath = (sha256: string) => `/imported/${sha256}`;
const peaksPath = (path: string) => `${path}.peaks`;
const comingPath = (job: string) => `/imported/coming/${job}`;
/** A world has no network: it imports files alone. */
const pathOf = (from: MediaFrom): string => ('path' in from ? from.path : '');

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');

/**
 * The disk of media that the domains of a world, one after another, find. [control]
 *
 * As sick and as slow as the disk of the store. What a killed process asked for and had not done is never done.
 */
export class SimulatedMedia {
  readonly contents = new Map<string, string>();
  readonly #coming = new Map<string, string>();
  /** Files of peaks, by their paths. */
  readonly #peaks = new Set<string>();
  readonly #luck: DiskLuck;
  readonly #health: () => DiskHealth;

  constructor(luck: DiskLuck, health: () => DiskHealth) {
    this.#luck = luck;
    this.#health = health;
  }

  hasPeaks(sha256: string): boolean {
    return this.#peaks.has(peaksPath(contentPath(sha256)));
  }

  /** As an engine looks into a file: it says what it is and writes its peaks. */
  inspect(path: string, peaks: string): MediaFacts {
    const [, coming, id = ''] = /^\/imported\/(coming\/)?(.*)$/.exec(path) ?? [];
    const text = (coming ? this.#coming : this.contents).get(id);
    if (text === undefined)
      throw new AudioCloudError('MEDIA_MISSING', `Cannot look into ${path}: there is no such file`);
    if (text.includes(DAMAGED)) throw new AudioCloudError('MEDIA_DAMAGED', `Cannot decode ${path}`);
    this.#peaks.add(peaks);
    const { length: frames } = text;
    return {
      container: 'wav',
      codec: 'pcm_s16',
      sampleRate: 48_000,
      channels: 1,
      frames,
      isLossy: false,
      loudness: {},
      tags: {},
    };
  }

  /** The disk as one process has it. */
  open(life: Life): MediaDisk {
    const look = async (path: string): Promise<readonly string[]> => {
      await this.#wait(life, false);
      const pieces = FILES[path];
      if (pieces) return pieces;
      throw new AudioCloudError('MEDIA_MISSING', `Cannot use media '${path}': there is no such file`, { media: path });
    };
    const change = async <R>(work: () => R): Promise<R> => {
      await this.#wait(life, true);
      return work();
    };
    return {
      sources: {
        find: async (from) => void (await look(pathOf(from))),
        open: async (from) => {
          const texts = await look(pathOf(from));
          const bytesOf = this.#bytesOf(life, texts);
          return { totalBytes: texts.join('').length, pieces: bytesOf, close: async () => undefined };
        },
      },
      content: {
        pathOf: contentPath,
        peaksOf: (sha256) => peaksPath(contentPath(sha256)),
        asideOf: (job) => ({ path: comingPath(job), peaksPath: peaksPath(comingPath(job)) }),
        take: async (job, pieces, told) => {
          let text = '';
          await change(() => this.#coming.set(job, text));
          for await (const piece of pieces) {
            text += Buffer.from(piece).toString();
            await change(() => this.#coming.set(job, text));
            told(text.length);
          }
          return { sha256: hashOf(text), bytes: text.length };
        },
        keep: (job, sha256) =>
          change(() => {
            this.#movePeaks(job, sha256);
            const text = this.#coming.get(job);
            this.#coming.delete(job);
            if (this.contents.has(sha256)) return;
            if (text === undefined) throw refused('what was copied is not there');
            this.contents.set(hashOf(text), text);
          }),
        keepPeaks: (job, sha256) => change(() => this.#movePeaks(job, sha256)),
        drop: (job) =>
          change(() => {
            this.#coming.delete(job);
            this.#peaks.delete(peaksPath(comingPath(job)));
          }),
        remove: (sha256) => change(() => this.#remove(sha256)),
        sweep: (isHad) =>
          change(() => {
            this.#coming.clear();
            for (const path of this.#peaks) if (path.startsWith(comingPath(''))) this.#peaks.delete(path);
            for (const sha256 of this.contents.keys()) if (!isHad(sha256)) this.#remove(sha256);
          }),
      },
    };
  }

  #remove(sha256: string): void {
    this.contents.delete(sha256);
    this.#peaks.delete(peaksPath(contentPath(sha256)));
  }

  #movePeaks(job: string, sha256: string): void {
    const [from, to] = [peaksPath(comingPath(job)), peaksPath(contentPath(sha256))];
    if (!this.#peaks.has(from) && !this.#peaks.has(to)) throw refused('there are no peaks');
    this.#peaks.delete(from);
    this.#peaks.add(to);
  }

  async *#bytesOf(life: Life, texts: readonly string[]): AsyncGenerator<Uint8Array> {
    for (const text of texts) {
      await this.#wait(life, false);
      yield Buffer.from(text);
    }
  }

  /** Never settles when the process ends before. */
  async #wait(life: Life, isChange: boolean): Promise<void> {
    const { leastMs, mostMs, isFull, failures } = this.#health();
    await life.sleep(this.#luck.delay(leastMs, mostMs));
    if (isChange && isFull) throw refused('disk full');
    if (this.#luck.chance(failures)) throw refused('disk I/O error');
  }
}

const refused = (why: string) => new AudioCloudError('MEDIA_UNREADABLE', `Cannot keep media: ${why}`);
