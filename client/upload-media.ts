import { AudioCloudError, type ErrorBody, type ErrorCode, type MediaContext } from '@audiocloud/api';
import type { RawCall } from './raw-call.ts';

/** What people and programs find imported media by. */
export interface MediaWords {
  /** Default: the name of the file. */
  name?: string;
  tags?: readonly string[];
  /** Told again by the job and by every event of it. */
  context?: MediaContext;
}

export interface UploadOptions extends MediaWords {
  /** Id of an upload of the same file, to go on with it. */
  resume?: string;
  /** Sent at once; default 8 MiB. */
  chunkBytes?: number;
  /** Ends it; what came stays there until it expires. */
  signal?: AbortSignal;
  /** Its id, as soon as there is one. */
  onBegun?(upload: string): void;
  onProgress?(bytes: number, totalBytes: number): void;
}

const PATH = '/v1/uploads';
const CHUNK_BYTES = 8 * 2 ** 20;
/** Tries in vain, one after another, from which nothing came. */
const MOST_TRIES = 10;
const FIRST_WAIT_MS = 250;
const MOST_WAIT_MS = 10_000;
/** Worth another try: the domain begins anew, is full, or another request has the upload still. */
const AGAIN = [408, 409, 423, 429, 500, 502, 503, 504];
/** An answer to HEAD has no body. */
const BARE: Record<number, ErrorCode> = {
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'UPLOAD_UNKNOWN',
  429: 'RATE_LIMITED',
};
const OCTETS = 'application/offset+octet-stream';

/** How far an upload is. */
interface Offset {
  bytes: number;
  job: string | undefined;
}

/**
 * Sends a file by the tus protocol and returns the id of the import that takes it. [any]
 *
 * A connection that breaks, and a domain that is started again, cost what was on the way. Throws as every call does; UPLOAD_UNKNOWN
 * when the upload to go on with is gone, UPLOAD_OFFSET when it is of another file.
 */
export async function uploadMedia(call: RawCall, file: Blob, options: UploadOptions = {}): Promise<string> {
  const { chunkBytes = CHUNK_BYTES, signal, onProgress } = options;
  let path = options.resume === undefined ? undefined : `${PATH}/${encodeURIComponent(options.resume)}`;
  let at: Offset | undefined;
  let most = 0;
  for (let failures = 0; ; ) {
    try {
      if (path === undefined) {
        [path, at] = await begin(call, file, options);
        options.onBegun?.(path.split('/').at(-1)!);
      }
      at ??= await offsetOf(call, path, file.size, signal);
      // Also a try that was cut may have brought something.
      if (at.bytes > most) failures = 0;
      most = Math.max(most, at.bytes);
      onProgress?.(at.bytes, file.size);
      if (at.job !== undefined) return at.job;
      at = await send(call, path, file, at.bytes, chunkBytes, signal);
    } catch (error) {
      signal?.throwIfAborted();
      failures += 1;
      if (failures >= MOST_TRIES || !isWorthAnother(error)) throw error;
      at = undefined;
      await pause(Math.min(MOST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1)), signal);
    }
  }
}

async function begin(call: RawCall, file: Blob, { signal, ...words }: UploadOptions): Promise<[string, Offset]> {
  const response = await call('POST', PATH, {
    headers: { 'upload-length': String(file.size), ...metadataOf(file, words) },
    signal,
  });
  const location = await told(response, 'location');
  return [new URL(location, 'http://domain').pathname, progressOf(response, 0)];
}

async function offsetOf(call: RawCall, path: string, size: number, signal: AbortSignal | undefined): Promise<Offset> {
  const response = await call('HEAD', path, { headers: {}, signal });
  const bytes = Number(await told(response, 'upload-offset'));
  const length = response.headers.get('upload-length');
  if (length !== null && Number(length) !== size)
    throw new AudioCloudError(
      'REQUEST_INVALID',
      `Cannot go on with ${path.split('/').at(-1)}: it is of a file of ${length} bytes, this one has ${size}`,
    );
  return progressOf(response, bytes);
}

async function send(
  call: RawCall,
  path: string,
  file: Blob,
  from: number,
  chunkBytes: number,
  signal: AbortSignal | undefined,
): Promise<Offset> {
  const body = file.slice(from, from + chunkBytes);
  const headers = { 'upload-offset': String(from), 'content-type': OCTETS };
  const response = await call('PATCH', path, { headers, body, signal });
  return progressOf(response, Number(await told(response, 'upload-offset')));
}

const progressOf = (response: Response, bytes: number): Offset => ({
  bytes,
  job: response.headers.get('media-job') ?? undefined,
});

/** A header of an answer; throws what the answer refuses. */
async function told(response: Response, header: string): Promise<string> {
  const value = response.headers.get(header);
  if (response.ok && value !== null) return value;
  const text = await response.text();
  const body = parsed(text);
  if (body) throw AudioCloudError.from(body);
  const code = BARE[response.status];
  if (code) throw new AudioCloudError(code, `Cannot go on with the upload: HTTP ${response.status}`);
  throw new AudioCloudError(
    response.status >= 500 ? 'CONNECTION_LOST' : 'INTERNAL',
    `Cannot upload: HTTP ${response.status} ${text.slice(0, 200)}`,
  );
}

function parsed(text: string): ErrorBody | undefined {
  try {
    const body = JSON.parse(text);
    return typeof body?.code === 'string' ? body : undefined;
  } catch {
    return undefined;
  }
}

const isWorthAnother = (error: unknown): boolean =>
  error instanceof AudioCloudError &&
  (error.code === 'CONNECTION_LOST' || AGAIN.includes(error.status)) &&
  error.code !== 'UPLOAD_LIMIT';

/** No header where nothing is said: an empty one is none of tus. */
function metadataOf(file: Blob, { name, tags = [], context }: MediaWords): Record<string, string> {
  const called = name ?? (file as Partial<File>).name;
  const words = {
    ...(called ? { name: called } : {}),
    ...(tags.length > 0 ? { tags: tags.join(',') } : {}),
    ...(context ? { context: JSON.stringify(context) } : {}),
  };
  const pairs = Object.entries(words).map(([key, value]) => `${key} ${base64(value)}`);
  return pairs.length > 0 ? { 'upload-metadata': pairs.join(',') } : {};
}

const base64 = (text: string): string => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stopped = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stopped);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stopped, { once: true });
  });
}
