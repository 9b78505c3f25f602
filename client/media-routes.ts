import {
  AudioCloudError,
  type Media,
  type MediaChange,
  type MediaCreate,
  type MediaJob,
  type MediaJobState,
} from '@audiocloud/api';
import { allPages } from './all-pages.ts';
import type { HttpCall } from './http-call.ts';
import type { RawCall } from './raw-call.ts';
import { type MediaWords, type UploadOptions, uploadMedia } from './upload-media.ts';

export interface MediaFilter {
  /** How the name begins, in any case. */
  name?: string;
  tag?: string;
  /** Hexadecimal. */
  sha256?: string;
}

/** What of a waveform is wanted. */
export interface PeaksRange {
  /** 0 (default) is the finest: 256 frames. Each has stretches eight times as long as the one before. */
  level?: number;
  fromFrame?: number;
  /** The first frame that is not wanted. */
  toFrame?: number;
}

export interface MediaPeaks {
  framesPerPair: number;
  /** With which the first pair begins. */
  firstFrame: number;
  pairs: number;
  /** Pair by pair, in each channel by channel: smallest, largest. Full scale is 1. */
  samples: Float32Array;
}

const LOOK_MS = 100;
const pathOf = (id: string) => `/v1/media/${encodeURIComponent(id)}`;
const jobPathOf = (id: string) => `/v1/media-jobs/${encodeURIComponent(id)}`;

function withQuery(path: string, query: Readonly<Record<string, string>>): string {
  const text = new URLSearchParams(query).toString();
  return text === '' ? path : `${path}?${text}`;
}

/** The calls on imported media, and on the jobs that import them. A task names media by `media:` and their id. */
export function mediaRoutes(call: HttpCall, raw: RawCall) {
  const job = (id: string): Promise<MediaJob> => call('GET', jobPathOf(id));
  const bytes = async (path: string, headers: Record<string, string> = {}): Promise<Response> => {
    const answer = await raw('GET', path, { headers });
    if (!answer.ok) throw AudioCloudError.from(await answer.json());
    return answer;
  };
  return {
    list: (filter: MediaFilter = {}): Promise<Media[]> =>
      allPages(call, withQuery('/v1/media', { ...filter }), 'media'),
    get: (id: string): Promise<Media> => call('GET', pathOf(id)),
    /** Answered when the job is durable; `ended` waits for it. */
    import: (create: MediaCreate): Promise<MediaJob> => call('POST', '/v1/media', create),
    /** Has the domain fetch a file, from an https address that everybody reaches. */
    importUrl: (url: string, { name, tags, context }: MediaWords = {}): Promise<MediaJob> =>
      call('POST', '/v1/media', {
        from: { url },
        ...(name === undefined ? {} : { name }),
        ...(tags === undefined ? {} : { tags }),
        ...(context === undefined ? {} : { context }),
      }),
    /** Sends a file (of a page, or what `openAsBlob` of node:fs gives) in parts; goes on where it was cut. `ended` waits for the rest. */
    upload: async (file: Blob, options: UploadOptions = {}): Promise<MediaJob> =>
      job(await uploadMedia(raw, file, options)),
    /** Another name, other tags, another task that they go with; what is left out stays. */
    change: (id: string, change: MediaChange): Promise<Media> => call('PATCH', pathOf(id), change),
    /** The file that was imported, as it comes. fromByte: goes on there. Throws MEDIA_UNKNOWN, RANGE_INVALID. */
    content: (id: string, fromByte = 0): Promise<Response> =>
      bytes(`${pathOf(id)}/content`, fromByte > 0 ? { range: `bytes=${fromByte}-` } : {}),
    /** The pairs of one level of the waveform: for each stretch, for each channel, its smallest and its largest sample. */
    async peaks(id: string, { level = 0, ...frames }: PeaksRange = {}): Promise<MediaPeaks> {
      const query = Object.entries({ level, ...frames }).map(([name, value]): [string, string] => [
        name,
        String(value),
      ]);
      const answer = await bytes(withQuery(`${pathOf(id)}/peaks`, Object.fromEntries(query)));
      const told = (name: string) => Number(answer.headers.get(`peaks-${name}`));
      const pairs = new DataView(await answer.arrayBuffer());
      return {
        framesPerPair: told('frames-per-pair'),
        firstFrame: told('first-frame'),
        pairs: told('pairs'),
        samples: Float32Array.from({ length: pairs.byteLength / 2 }, (_, i) => pairs.getInt16(2 * i, true) / 32768),
      };
    },
    /** Throws MEDIA_IN_USE while a task names them. */
    delete: (id: string): Promise<void> => call('DELETE', pathOf(id)),
    jobs: (state?: MediaJobState): Promise<MediaJob[]> =>
      allPages(call, withQuery('/v1/media-jobs', state === undefined ? {} : { state }), 'jobs'),
    job,
    /** Has an import end; one that has ended stays as it is. */
    cancel: (id: string): Promise<MediaJob> => call('DELETE', jobPathOf(id)),
    /** Waits until a job is done, failed or cancelled. onLook: called with the job as it is meanwhile. */
    async ended(id: string, onLook: (job: MediaJob) => void = () => undefined): Promise<MediaJob> {
      for (;;) {
        const now = await job(id);
        if (now.state === 'done' || now.state === 'failed' || now.state === 'cancelled') return now;
        onLook(now);
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
    },
  };
}
