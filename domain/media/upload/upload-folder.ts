import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AudioCloudError } from '@audiocloud/api';
import { readable } from '../readable.ts';
import { UploadStore } from './upload-store.ts';

/** What is known of an upload. */
export interface UploadFacts {
  /** That came. */
  bytes: number;
  /** Of the whole, where that is known. */
  totalBytes: number | undefined;
  /** What the client said of it. */
  metadata: Record<string, string | null>;
  createdAtMs: number;
  /** It was imported: only what is known of it is left. */
  isTaken: boolean;
}

const JSON_END = '.json';

/** Uploads in a folder, those of each application in one of their own. [control] */
export class UploadFolder {
  readonly #folder: string;
  readonly #stores = new Map<string, UploadStore>();
  readonly expiryMs: number;

  /** expiryMs: from the beginning of an upload. */
  constructor(folder: string, expiryMs: number) {
    this.#folder = folder;
    this.expiryMs = expiryMs;
  }

  async storeOf(application: string): Promise<UploadStore> {
    const there = this.#stores.get(application);
    if (there) return there;
    const directory = join(this.#folder, application);
    await readable('keep uploads', () => mkdir(directory, { recursive: true, mode: 0o700 }));
    const store = new UploadStore({ directory, expirationPeriodInMilliseconds: this.expiryMs });
    this.#stores.set(application, store);
    return store;
  }

  pathOf(application: string, id: string): string {
    return join(this.#folder, application, id);
  }

  /** Undefined for one that the application has not. */
  async find(application: string, id: string): Promise<UploadFacts | undefined> {
    const store = await this.storeOf(application);
    const kept = await store.configstore.get(id);
    const createdAtMs = Date.parse(kept?.creation_date ?? '');
    if (!kept || Number.isNaN(createdAtMs)) return undefined;
    const there = await stat(this.pathOf(application, id)).catch(() => undefined);
    const totalBytes = kept.size;
    if (!there && totalBytes === undefined) return undefined;
    return {
      bytes: there?.size ?? totalBytes ?? 0,
      totalBytes,
      metadata: kept.metadata ?? {},
      createdAtMs,
      isTaken: !there,
    };
  }

  /** Throws UPLOAD_UNKNOWN, also for one that was imported. */
  async get(application: string, id: string): Promise<UploadFacts> {
    const facts = await this.find(application, id);
    if (facts && !facts.isTaken) return facts;
    throw uploadUnknown(id, facts ? 'it was imported' : 'there is none of that id');
  }

  /** When anything of it was written last; 0 when there is nothing. */
  async changedAtMs(application: string, id: string): Promise<number> {
    const path = this.pathOf(application, id);
    const facts = await Promise.all([path, path + JSON_END].map((one) => stat(one).catch(() => undefined)));
    return Math.max(...facts.map((one) => one?.mtimeMs ?? 0));
  }

  /** Removes the bytes; that it was there stays known until it expires. */
  async release(application: string, id: string): Promise<void> {
    await readable('remove an upload', () => rm(this.pathOf(application, id), { force: true }));
  }

  /** Removes all of it. */
  async remove(application: string, id: string): Promise<void> {
    const path = this.pathOf(application, id);
    await readable('remove an upload', async () => {
      await rm(path, { force: true });
      await rm(path + JSON_END, { force: true });
    });
  }

  /** Removes all that an application has. */
  async removeAll(application: string): Promise<void> {
    this.#stores.delete(application);
    await readable('remove uploads', () => rm(join(this.#folder, application), { recursive: true, force: true }));
  }

  /** Ids of those whose bytes are there. */
  async openOf(application: string): Promise<string[]> {
    const { directory } = await this.storeOf(application);
    const names = await readable('list uploads', () => readdir(directory));
    return names.filter((name) => !name.endsWith(JSON_END));
  }

  /** Every upload that there is anything of, with its application. */
  async all(): Promise<[application: string, id: string][]> {
    const applications = await readdir(this.#folder).catch(() => []);
    const lists = applications.map(async (application) => {
      const names = await readdir(join(this.#folder, application)).catch(() => []);
      const ids = new Set(names.map((name) => (name.endsWith(JSON_END) ? name.slice(0, -JSON_END.length) : name)));
      return [...ids].map((id): [string, string] => [application, id]);
    });
    return (await Promise.all(lists)).flat();
  }
}

export const uploadUnknown = (id: string, why: string) =>
  new AudioCloudError('UPLOAD_UNKNOWN', `Cannot use upload ${id}: ${why}`, { upload: id });
