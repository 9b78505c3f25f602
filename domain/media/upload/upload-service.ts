import { asAudioCloudError, AudioCloudError, type MediaJob, type MediaUpload } from '@audiocloud/api';
import { Metadata } from '@tus/server';
import type { FastifyBaseLogger, FastifyRequest } from 'fastify';
import { isoTime } from '../../actors/waiting.ts';
import type { Clock } from '../../clock/clock.ts';
import { type Cause, causeBy } from '../../events/cause.ts';
import type { Estate } from '../../erasure/estate.ts';
import type { RandomBytes } from '../../random/random-bytes.ts';
import type { ImportSettings } from '../import-settings.ts';
import { mediaJobOfUpload } from '../media-imports.ts';
import type { MediaService } from '../media-service.ts';
import { requireSmall } from '../media-sources.ts';
import { type UploadFacts, type UploadFolder, uploadUnknown } from './upload-folder.ts';
import { TUS_VERSION, type TusAnswer, TusServers } from './tus-servers.ts';
import { wantedOfUpload } from './upload-wanted.ts';

/** As the store of the library has them; a test compares. */
export const EXTENSIONS = 'creation,creation-with-upload,creation-defer-length,termination,expiration';
/** What is there in half for so long was left by a crash. */
const SETTLE_MS = 60_000;
const SWEEP_MS = 10 * 60 * 1000;
export interface UploadOptions {
  folder: UploadFolder;
  settings: Pick<ImportSettings, 'mostBytes' | 'mostUploads' | 'idleMs'>;
  media: MediaService;
  clock: Clock;
  logger: FastifyBaseLogger;
  randomBytes: RandomBytes;
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
  readonly #servers: TusServers;
  readonly #finishing = new Map<string, Promise<MediaJob>>();
  readonly counts: UploadCounts = { begun: 0, finished: 0, receivedBytes: 0 };
  #stopSweeping: () => void = () => undefined;

  constructor(options: UploadOptions) {
    this.#options = options;
    const { folder, settings } = options;
    const came = (bytes: number) => {
      this.counts.receivedBytes += bytes;
    };
    this.#servers = new TusServers({ folder, settings, came });
  }

  /** Takes up what the process before left, and removes what has expired, now and from time to time. */
  async start(): Promise<void> {
    const { clock } = this.#options;
    await this.#eachLogged((application, id) => this.#restoreReservation(application, id));
    await this.sweep();
    this.#stopSweeping = clock.every(SWEEP_MS, () => void this.sweep());
  }

  close(): void {
    this.#stopSweeping();
  }

  /** Begins one. Throws MEDIA_TOO_LARGE, MEDIA_QUOTA, DISK_FULL, UPLOAD_LIMIT, UPLOAD_VERSION, REQUEST_INVALID. */
  async create(application: string, request: FastifyRequest, cause: Cause): Promise<TusAnswer> {
    const { headers, raw } = request;
    const { folder, settings, media, randomBytes } = this.#options;
    const length = sizeIn(headers, 'upload-length');
    if (length > settings.mostBytes) requireSmall(length, settings.mostBytes);
    wantedOfUpload(metadataOf(headers['upload-metadata']));
    const open = await folder.openOf(application);
    if (open.length >= settings.mostUploads)
      throw new AudioCloudError(
        'UPLOAD_LIMIT',
        `Cannot begin an upload: ${open.length} are under way, the limit imports.mostUploads is ${settings.mostUploads}; finish or delete some`,
        { limit: 'imports.mostUploads', mostUploads: settings.mostUploads, uploads: open.length },
      );
    const id = `upload-${randomBytes(6).toString('hex')}`;
    const bytes = Math.max(length, sizeIn(headers, 'content-length'));
    const undo = await media.room.reserve(mediaJobOfUpload(id), application, bytes);
    try {
      const answer = await this.#servers.ask(application, id, request, raw);
      this.counts.begun += 1;
      return await this.#finished(application, id, answer, cause);
    } catch (error) {
      // One whose connection broke is begun, and may go on.
      if (!(await folder.find(application, id).catch(() => undefined))) undo();
      throw error;
    }
  }

  /** Takes more of one. Throws UPLOAD_UNKNOWN, UPLOAD_OFFSET, MEDIA_TOO_LARGE, MEDIA_QUOTA, DISK_FULL, MEDIA_UNREADABLE. */
  async append(application: string, id: string, request: FastifyRequest): Promise<TusAnswer> {
    const { bytes, totalBytes } = await this.#facts(application, id);
    const { headers, raw } = request;
    const more = sizeIn(headers, 'content-length');
    const needed = totalBytes ?? Math.max(bytes + more, sizeIn(headers, 'upload-length'));
    if (bytes !== totalBytes)
      await this.#options.media.room.reserveMore(mediaJobOfUpload(id), application, needed, more);
    const answer = await this.#servers.ask(application, id, request, raw);
    return this.#finished(application, id, answer, causeBy({ request: request.id }));
  }

  /** How far one is, as tus has it; also of one that was imported, for a client that missed the answer. Throws UPLOAD_UNKNOWN. */
  async head(application: string, id: string, request: FastifyRequest): Promise<TusAnswer> {
    const { isTaken, totalBytes, bytes } = await this.#facts(application, id);
    const cause = causeBy({ request: request.id });
    if (!isTaken) return this.#finished(application, id, await this.#servers.ask(application, id, request), cause);
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
    await this.#servers.alone(id, () => this.#remove(application, id));
  }

  /** All uploads of an application. */
  readonly estate: Estate = async (application, { note }) => {
    const { folder } = this.#options;
    for (const [owner, id] of await folder.all())
      if (owner === application)
        await this.#servers.alone(id, async () => {
          const facts = await folder.find(application, id);
          if (facts && !facts.isTaken) await note({ kind: 'upload', id, bytes: facts.bytes });
          await this.#remove(application, id);
        });
    this.#servers.forget(application);
    await folder.removeAll(application);
  };

  /** Removes what has expired and what was imported, and imports what is complete. */
  async sweep(): Promise<void> {
    await this.#eachLogged((application, id) => this.#sweepOne(application, id));
  }

  async #eachLogged(work: (application: string, id: string) => Promise<void>): Promise<void> {
    const { folder, logger } = this.#options;
    for (const [application, id] of await folder.all())
      await work(application, id).catch((error) =>
        logger.error({ error: asAudioCloudError(error).toJSON(), upload: id }, 'an upload was not looked after'),
      );
  }

  /** Of one that has no import yet: an import has its own. */
  async #restoreReservation(application: string, id: string): Promise<void> {
    const { folder, media } = this.#options;
    const facts = await folder.find(application, id);
    if (!facts || facts.isTaken || (await this.#jobOf(application, id))) return;
    media.room.restore(mediaJobOfUpload(id), application, facts.totalBytes ?? facts.bytes);
  }

  /** One that no import takes. */
  async #remove(application: string, id: string): Promise<void> {
    const { folder, media } = this.#options;
    await folder.remove(application, id);
    media.room.release(mediaJobOfUpload(id));
  }

  async #sweepOne(application: string, id: string): Promise<void> {
    const { folder, clock } = this.#options;
    const facts = await folder.find(application, id);
    const job = await this.#jobOf(application, id);
    if (job && job.endedAt === undefined) return;
    // One that is just begun is in its folder before what is known of it.
    if (!facts && clock.now() - (await folder.changedAtMs(application, id)) < SETTLE_MS) return;
    const isOver = !facts || clock.now() > facts.createdAtMs + folder.expiryMs;
    if (isOver) return this.#remove(application, id);
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
}

/** 0 where a header says none. */
function sizeIn(headers: FastifyRequest['headers'], name: 'content-length' | 'upload-length'): number {
  const size = Number(headers[name]);
  return size > 0 ? size : 0;
}

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
