import type { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';
import { AudioCloudError } from '@audiocloud/api';
import { Server } from '@tus/server';
import type { FastifyRequest } from 'fastify';
import type { ImportSettings } from '../import-settings.ts';
import type { UploadFolder } from './upload-folder.ts';
import { UploadLocks } from './upload-locks.ts';
import { uploadRefusal } from './upload-refusal.ts';

export const TUS_VERSION = '1.0.0';
export const UPLOADS_PATH = '/v1/uploads';
/** What a request that is asked to give way still may do. */
const DRAIN_MS = 250;
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
/** For the library alone: the id of the upload that a request begins. */
const ID_HEADER = 'upload-id';
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

export interface TusAnswer {
  status: number;
  headers: Record<string, string>;
}

export interface TusOptions {
  folder: UploadFolder;
  settings: Pick<ImportSettings, 'mostBytes' | 'idleMs'>;
  /** Told of what comes. */
  came(bytes: number): void;
}

/** The library that speaks tus: one server of it for each application, over the uploads of that alone. [control] */
export class TusServers {
  readonly #options: TusOptions;
  readonly #locks = new UploadLocks();
  readonly #servers = new Map<string, Promise<Server>>();

  constructor(options: TusOptions) {
    this.#options = options;
  }

  /** Has the library answer. id: of the upload, also of one that begins. Throws what it refuses. */
  async ask(
    application: string,
    id: string,
    request: Pick<FastifyRequest, 'method' | 'headers'>,
    body?: Readable,
  ): Promise<TusAnswer> {
    const { method, headers } = request;
    const { settings, came } = this.#options;
    const server = await this.#serverOf(application);
    const asked = new Headers();
    for (const name of ASKED) {
      const value = headers[name];
      if (typeof value === 'string') asked.set(name, value);
    }
    const isNew = method === 'POST';
    if (isNew) asked.set(ID_HEADER, id);
    const hasBody = body !== undefined && asked.get('content-type') !== null;
    const url = `http://domain${UPLOADS_PATH}${isNew ? '' : `/${id}`}`;
    const response = await server.handleWeb(
      new Request(url, {
        method,
        headers: asked,
        ...(hasBody
          ? {
              body: ReadableStream.from(bytesOf(body, settings.idleMs, came)) as never,
              duplex: 'half',
            }
          : {}),
      }) as never,
    );
    if (response.status >= 400) throw uploadRefusal(response.status, await response.text());
    const told = TOLD.map((name) => [name, response.headers.get(name)] as const);
    const kept = told.filter((one): one is [string, string] => one[1] !== null);
    return { status: response.status, headers: Object.fromEntries(kept) };
  }

  #serverOf(application: string): Promise<Server> {
    const there = this.#servers.get(application);
    if (there) return there;
    const { folder, settings } = this.#options;
    const made = folder.storeOf(application).then(
      (datastore) =>
        new Server({
          path: UPLOADS_PATH,
          datastore,
          locker: this.#locks,
          maxSize: settings.mostBytes,
          relativeLocation: true,
          lockDrainTimeout: DRAIN_MS,
          namingFunction: ({ headers }) => headers.get(ID_HEADER)!,
          allowedOrigins: () => false,
        }),
    );
    this.#servers.set(application, made);
    made.catch(() => this.#servers.delete(application));
    return made;
  }

  /** The application is no more. */
  forget(application: string): void {
    this.#servers.delete(application);
  }

  /** Does some work while no request has the upload; one that has it is asked to end. */
  async alone<R>(id: string, work: () => Promise<R>): Promise<R> {
    const lock = this.#locks.newLock(id);
    await lock.lock(AbortSignal.timeout(this.#options.settings.idleMs), () => undefined);
    try {
      return await work();
    } finally {
      await lock.unlock();
    }
  }
}

/** Throws UPLOAD_VERSION. [any] */
export function requireTusVersion(said: string | string[] | undefined): void {
  if (said === TUS_VERSION) return;
  const is = said === undefined ? 'it names no version of tus' : `its version of tus is ${String(said).slice(0, 16)}`;
  throw new AudioCloudError('UPLOAD_VERSION', `Cannot take the upload: ${is}, wanted Tus-Resumable: ${TUS_VERSION}`);
}

/**
 * What comes, until the library wants no more: the answer goes over the same connection.
 *
 * A client that is silent for too long is cut off; the time in which nobody wants more does not count.
 */
async function* bytesOf(body: Readable, idleMs: number, came: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  const pieces = body.iterator({ destroyOnReturn: false })[Symbol.asyncIterator]();
  for (;;) {
    const idle = setTimeout(() => body.destroy(), idleMs);
    const { done, value } = await pieces.next().finally(() => clearTimeout(idle));
    if (done) return;
    came(value.length);
    yield value;
  }
}
