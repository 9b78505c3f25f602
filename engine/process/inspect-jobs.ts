import { AudioCloudError, type EngineCommand, type MediaFacts } from '@audiocloud/api';
import { InspectPool } from '../media/inspect-pool.ts';
import type { RenderProgress } from './render-jobs.ts';

export type InspectJob = Omit<Extract<EngineCommand, { type: 'inspect' }>, 'type' | 'id'>;

interface Entry {
  stop: AbortController;
  /** Never rejects. */
  ended: Promise<void>;
}

/** Looks into media beside what plays, in processes of their own. [control] */
export class InspectJobs {
  private readonly jobs = new Map<string, Entry>();
  private readonly pool: InspectPool;
  private readonly onProgress: (progress: RenderProgress) => void;

  constructor(onProgress: (progress: RenderProgress) => void, pool = new InspectPool()) {
    this.onProgress = onProgress;
    this.pool = pool;
  }

  /** Throws what InspectPool.inspect throws; REQUEST_INVALID when there is one of that id. */
  async inspect({ job, ...request }: InspectJob): Promise<MediaFacts> {
    if (this.jobs.has(job))
      throw new AudioCloudError('REQUEST_INVALID', `Cannot look into '${job}': one of that id is under way`, { job });
    const stop = new AbortController();
    const made = this.pool.inspect(request, {
      signal: stop.signal,
      onProgress: (progress) => this.onProgress({ job, ...progress }),
    });
    const ended = made.then(
      () => {},
      () => {},
    );
    this.jobs.set(job, { stop, ended });
    try {
      return await made;
    } finally {
      this.jobs.delete(job);
    }
  }

  async cancel(job: string): Promise<void> {
    const entry = this.jobs.get(job);
    entry?.stop.abort();
    await entry?.ended;
  }

  /** Cancels all of them. */
  async close(): Promise<void> {
    await Promise.all([...this.jobs.keys()].map((job) => this.cancel(job)));
    this.pool.close();
  }
}
