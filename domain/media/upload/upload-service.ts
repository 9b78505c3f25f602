import type { IncomingMessage } from 'node:http';
import { ReadableStream } from 'node:stream/web';
import { asAudioCloudError, AudioCloudError, type MediaJob, type MediaUpload } from '@audiocloud/api';
import { Metadata, Server } from '@tus/server';
import type { FastifyBaseLogger, FastifyRequest } from 'fastify';
import { isoTime } from '../../actors/waiting.ts';
import type { Clock } from '../../clock/clock.ts';
import { type Cause, causeBy } from '../../events/cause.ts';
import type { Estate } from '../../erasure/estate.ts';
import type { RandomBytes } from '../../random/random-bytes.ts';
import type { ImportSettings } from '../import-settings.ts';
import { type MediaService, mediaJobOfUpload } from '../media-service.ts';
import { requireSmall } from '../media-sources.ts';
import { type UploadFacts, type UploadFolder, uploadUnknown } from './upload-folder.ts';
import { UploadLocks } from './upload-locks.ts';
import { uploadRefusal } from './upload-refusal.ts';
import { wantedOfUpload } from './upload-wanted.ts';

export const TUS_VERSION = '1.0.0';
export const UPLOADS_PATH = '/v1/uploads';
/** What a request that is asked to give way still may do. */
const DRAIN_MS = 250;
/** As the store of the library has them; a test compares. */
export const EXTENSIONS = 'creation,creation-with-upload,creation-defer-length,termination,expiration';
const SWEEP_MS = 10 * 60 * 1000;
/** What the library looks at. */
const ASKED = [
  'content-length',
  'content-type',
  'tus-resumable',
  'upload-concat',
  'upload-defer-length',
  'upload-length',
  'upload-metadata',
  'upload-offset',
];
/** What of its answer the client needs; the rest is of pages, which the server says by itself. */
const TOLD = [
  'cache-control',
  'location',
  'tus-extension',
  'tus-max-size',
  'tus-resumable',
  'tus-version',
  'upload-defer-length',
  'upload-expires',
  'upload-length',
  'upload-metadata',
  'upload-offset',
];

export interface UploadOptions {
  folder: UploadFolder;
  settings: Pick<ImportSettings, 'mostBytes' | 'mostUploads' | 'idleMs'>;
  media: MediaService;
  clock: Clock;
  logger: FastifyBaseLogger;
  randomBytes: RandomBytes;
}

export interface TusAnswer {
  status: number;
  headers: Record<string, string>;
}

export interface UploadCounts {
  begun: number;
  finished: number;
  receivedBytes: number;
}

/**
 * Uploads by the tus protocol 1.0, which end as imports. [control]
 *
 * The import of an upload has its digits: an upload that is complete is imported once, whatever was lost on the way and whoever
 * was killed meanwhile.
 */
export class UploadService {
  readonly #options: UploadOptions;
  readonly #locks = new UploadLocks();
  readonly #servers = new Map<string, Promise<Server>>();
  readonly #finishing = new Map<string, Promise<MediaJob>>();
  readonly counts: UploadCounts = { begun: 0, finished: 0, receivedBytes: 0 };
  #stopSweeping: () => void = () => undefined;

  constructor(options: UploadOptions) {
    this.#options = options;
  }

  /** Takes up what the process before left, and removes what has expired, now and from time to time. */
  async start(): Promise<void> {
    const { clock } = this.#options;
    await this.sweep();
    this.#stopSweeping = clock.every(SWEEP_MS, () => void this.sweep());
  }

  close(): void {
    this.#stopSweeping();
  }

  /** Begins one. Throws MEDIA_TOO_LARGE, MEDIA_QUOTA, DISK_FULL, UPLOAD_LIMIT, UPLOAD_VERSION, REQUEST_INVALID. */
  async create(application: string, request: FastifyRequest, cause: Cause): Promise<TusAnswer> {
    const { headers, raw } = request;
    const { folder, settings, media } = this.#options;
    const length = Number(headers['upload-length']);
    if (length > settings.mostBytes) requireSmall(length, settings.mostBytes);
    await media.requireRoom(application, length > 0 ? length : 0);
    wantedOfUpload(metadataOf(headers['upload-metadata']));
    const open = await folder.openOf(application);
    if (open.length >= settings.mostUploads)
      throw new AudioCloudError(
        'UPLOAD_LIMIT',
        `Cannot begin an upload: ${open.length} are under way, the limit imports.mostUploads is ${settings.mostUploads}; finish or delete some`,
        { limit: 'imports.mostUploads', mostUploads: settings.mostUploads, uploads: open.length },
      );
    const answer = await this.#ask(application, request, raw);
    this.counts.begun += 1;
    const id = answer.headers['location']?.split('/').at(-1) ?? '';
    return this.#finished(application, id, answer, cause);
  }

  /** Takes more of one. Throws UPLOAD_UNKNOWN, UPLOAD_OFFSET, MEDIA_TOO_LARGE, MEDIA_QUOTA, DISK_FULL, MEDIA_UNREADABLE. */
  async append(application: string, id: string, request: FastifyRequest): Promise<TusAnswer> {
    const before = await this.#facts(application, id);
    const more = Number(request.headers['content-length']);
    await this.#options.media.requireRoom(application, before.bytes + (more > 0 ? more : 0));
    const answer = await this.#ask(application, request, request.raw, id);
    this.counts.receivedBytes += Math.max(0, Number(answer.headers['upload-offset']) - before.bytes);
    return this.#finished(application, id, answer, causeBy({ request: request.id }));
  }

  /** How far one is, as tus has it; also of one that was imported, for a client that missed the answer. Throws UPLOAD_UNKNOWN. */
  async head(application: string, id: string, request: FastifyRequest): Promise<TusAnswer> {
    const { isTaken, totalBytes, bytes } = await this.#facts(application, id);
    const cause = causeBy({ request: request.id });
    if (!isTaken) return this.#finished(application, id, await this.#ask(application, request, undefined, id), cause);
    const headers = {
      'cache-control': 'no-store',
      'tus-resumable': TUS_VERSION,
      'upload-offset': String(bytes),
      'upload-length': String(totalBytes),
      'media-job': mediaJobOfUpload(id),
    };
    return { status: 200, headers };
  }

  /** What the server can; asked by clients before they begin. */
  abilities(): TusAnswer {
    return {
      status: 204,
      headers: {
        'tus-resumable': TUS_VERSION,
        'tus-version': TUS_VERSION,
        'tus-extension': EXTENSIONS,
        'tus-max-size': String(this.#options.settings.mostBytes),
      },
    };
  }

  /** Throws UPLOAD_UNKNOWN. */
  async get(application: string, id: string): Promise<MediaUpload> {
    const { bytes, totalBytes, createdAtMs } = await this.#facts(application, id);
    const job = await this.#jobOf(application, id);
    return {
      id,
      bytes,
      ...(totalBytes === undefined ? {} : { totalBytes }),
      ...(job ? { job: job.id } : {}),
      expiresAt: isoTime(createdAtMs + this.#options.folder.expiryMs),
    };
  }

  /** Throws UPLOAD_UNKNOWN; MEDIA_IN_USE while an import takes it. */
  async remove(application: string, id: string): Promise<void> {
    await this.#facts(application, id);
    const job = await this.#jobOf(application, id);
    if (job && job.endedAt === undefined)
      throw new AudioCloudError('MEDIA_IN_USE', `Cannot delete upload ${id}: ${job.id} imports it; cancel that`, {
        upload: id,
        job: job.id,
      });
    const lock = this.#locks.newLock(id);
    await lock.lock(AbortSignal.timeout(this.#options.settings.idleMs), () => undefined);
    try {
      await this.#options.folder.remove(application, id);
    } finally {
      await lock.unlock();
    }
  }

  /** All uploads of an application. */
  readonly estate: Estate = async (application, { note }) => {
    const { folder, settings } = this.#options;
    for (const [owner, id] of await folder.all()) {
      if (owner !== application) continue;
      const lock = this.#locks.newLock(id);
      await lock.lock(AbortSignal.timeout(settings.idleMs), () => undefined);
      try {
        const facts = await folder.find(application, id);
        if (facts && !facts.isTaken) await note({ kind: 'upload', id, bytes: facts.bytes });
        await folder.remove(application, id);
      } finally {
        await lock.unlock();
      }
    }
    this.#servers.delete(application);
    await folder.removeAll(application);
  };

  /** Removes what has expired and what was imported, and imports what is complete. */
  async sweep(): Promise<void> {
    const { folder, logger } = this.#options;
    for (const [application, id] of await folder.all())
      await this.#sweepOne(application, id).catch((error) =>
        logger.error({ error: asAudioCloudError(error).toJSON(), upload: id }, 'an upload was not looked after'),
      );
  }

  async #sweepOne(application: string, id: string): Promise<void> {
    const { folder, clock } = this.#options;
    const facts = await folder.find(application, id);
    const job = await this.#jobOf(application, id);
    if (job && job.endedAt === undefined) return;
    const isOver = !facts || clock.now() > facts.createdAtMs + folder.expiryMs;
    if (isOver) return folder.remove(application, id);
    if (job?.state === 'done' || job?.state === 'cancelled') return folder.release(application, id);
    if (!job && !facts.isTaken && facts.bytes === facts.totalBytes)
      await this.#finish(application, id, facts, causeBy());
  }

  async #facts(application: string, id: string): Promise<UploadFacts> {
    const facts = await this.#options.folder.find(application, id);
    if (facts) return facts;
    throw uploadUnknown(id, 'there is none of that id');
  }

  async #jobOf(application: string, id: string): Promise<MediaJob | undefined> {
    return this.#options.media.job(application, mediaJobOfUpload(id)).catch((error) => {
      if (error.code === 'MEDIA_JOB_UNKNOWN') return undefined;
      throw error;
    });
  }

  /** Tells the import of one that is complete; there is none before. */
  async #finished(application: string, id: string, answer: TusAnswer, cause: Cause): Promise<TusAnswer> {
    const facts = await this.#options.folder.find(application, id);
    if (!facts || facts.bytes !== facts.totalBytes) return answer;
    const { id: job } = await this.#finish(application, id, facts, cause);
    return { ...answer, headers: { ...answer.headers, 'media-job': job } };
  }

  #finish(application: string, id: string, facts: UploadFacts, cause: Cause): Promise<MediaJob> {
    const key = `${application}/${id}`;
    const running = this.#finishing.get(key);
    if (running) return running;
    const work = async () => {
      const there = await this.#jobOf(application, id);
      if (there) return there;
      const wanted = { from: { upload: id }, ...wantedOfUpload(facts.metadata) };
      const job = await this.#options.media.create(application, wanted, { cause: causeBy(cause.by) });
      this.counts.finished += 1;
      return job;
    };
    const done = work().finally(() => this.#finishing.delete(key));
    this.#finishing.set(key, done);
    return done;
  }

  /** Has the library answer. Throws what it refuses. */
  async #ask(application: string, request: FastifyRequest, body?: IncomingMessage, id?: string): Promise<TusAnswer> {
    const { method, headers } = request;
    const server = await this.#serverOf(application);
    const asked = new Headers();
    for (const name of ASKED) {
      const value = headers[name];
      if (typeof value === 'string') asked.set(name, value);
    }
    const hasBody = body !== undefined && asked.get('content-type') !== null;
    const url = `http://domain${UPLOADS_PATH}${id === undefined ? '' : `/${id}`}`;
    const { idleMs } = this.#options.settings;
    if (hasBody) body.setTimeout(idleMs, () => body.destroy());
    try {
      const response = await server.handleWeb(
        new Request(url, {
          method,
          headers: asked,
          ...(hasBody ? { body: bodyOf(body) as never, duplex: 'half' } : {}),
        }) as never,
      );
      if (response.status >= 400) throw uploadRefusal(response.status, await response.text());
      const told = TOLD.map((name) => [name, response.headers.get(name)] as const);
      const kept = told.filter((one): one is [string, string] => one[1] !== null);
      return { status: response.status, headers: Object.fromEntries(kept) };
    } finally {
      if (hasBody) body.setTimeout(0);
    }
  }

  #serverOf(application: string): Promise<Server> {
    const there = this.#servers.get(application);
    if (there) return there;
    const { folder, settings, randomBytes } = this.#options;
    const made = folder.storeOf(application).then(
      (datastore) =>
        new Server({
          path: UPLOADS_PATH,
          datastore,
          locker: this.#locks,
          maxSize: settings.mostBytes,
          relativeLocation: true,
          lockDrainTimeout: DRAIN_MS,
          namingFunction: () => `upload-${randomBytes(6).toString('hex')}`,
          allowedOrigins: () => false,
        }),
    );
    this.#servers.set(application, made);
    made.catch(() => this.#servers.delete(application));
    return made;
  }
}

/** Throws UPLOAD_VERSION. [any] */
export function requireTusVersion(said: string | string[] | undefined): void {
  if (said === TUS_VERSION) return;
  const is = said === undefined ? 'it names no version of tus' : `its version of tus is ${String(said).slice(0, 16)}`;
  throw new AudioCloudError('UPLOAD_VERSION', `Cannot take the upload: ${is}, wanted Tus-Resumable: ${TUS_VERSION}`);
}

/** What comes, until the library wants no more: the answer goes over the same connection. */
const bodyOf = (body: IncomingMessage): ReadableStream =>
  ReadableStream.from(body.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>);

/** Throws REQUEST_INVALID. */
function metadataOf(text: string | string[] | undefined): Record<string, string | null> {
  if (typeof text !== 'string' || text === '') return {};
  try {
    return Metadata.parse(text);
  } catch {
    throw new AudioCloudError(
      'REQUEST_INVALID',
      'Cannot accept Upload-Metadata: wanted keys with values in base64, with commas between them',
    );
  }
}
