import { createHash } from 'node:crypto';
import { AudioCloudError, type MediaFrom } from '@audiocloud/api';
import type { MediaDisk } from '../../media/media-disk.ts';
import type { Life } from './life.ts';
import type { DiskHealth, DiskLuck } from './simulated-disk.ts';

/** What lies in the media folder: two files have the same content. */
const FILES: Record<string, readonly string[]> = {
  'drums.wav': ['RIFF', 'drums', 'more drums'],
  'copy-of-drums.wav': ['RIFF', 'drums', 'more drums'],
  'bass.wav': ['RIFF', 'bass'],
  'empty.wav': [],
};
export const FILE_NAMES = Object.keys(FILES);

/** The hash of a file of the media folder. [any] */
export const hashOfFile = (path: string): string => hashOf((FILES[path] ?? []).join(''));

/** A world has no network: it imports files alone. */
const pathOf = (from: MediaFrom): string => ('path' in from ? from.path : '');

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');

/**
 * The disk of media that the domains of a world, one after another, find. [control]
 *
 * As sick and as slow as the disk of the store. What a killed process asked for and had not done is never done.
 */
export class SimulatedMedia {
  readonly contents = new Set<string>();
  readonly #coming = new Map<string, string>();
  readonly #luck: DiskLuck;
  readonly #health: () => DiskHealth;

  constructor(luck: DiskLuck, health: () => DiskHealth) {
    this.#luck = luck;
    this.#health = health;
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
        pathOf: (sha256) => `/imported/${sha256}`,
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
            const text = this.#coming.get(job);
            this.#coming.delete(job);
            if (this.contents.has(sha256)) return;
            if (text === undefined) throw refused('what was copied is not there');
            this.contents.add(hashOf(text));
          }),
        drop: (job) => change(() => void this.#coming.delete(job)),
        remove: (sha256) => change(() => void this.contents.delete(sha256)),
        sweep: (isHad) =>
          change(() => {
            this.#coming.clear();
            for (const sha256 of this.contents) if (!isHad(sha256)) this.contents.delete(sha256);
          }),
      },
    };
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
