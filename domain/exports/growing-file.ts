import { OUTPUT_FORMAT_FACTS } from '@audiocloud/api';
import type { ExportJobRunner } from './export-job-runner.ts';

/** A file that grows, or did until a moment ago. */
export interface GrowingFile {
  mediaType: string;
  /** Where it grows. */
  path: string;
  bytes: number;
  /** 'gone': this try has ended without it. */
  state: 'growing' | 'whole' | 'gone';
  /** Settles after the next change. */
  next(): Promise<void>;
}

/** The file of an output while an export makes it; undefined before there is anything of it. [control] */
export function growingFile(job: ExportJobRunner, index: number): GrowingFile | undefined {
  const { format } = job.record.outputs[index]!;
  const first = job.growing;
  if (!first || (first.bytes[index] ?? 0) === 0) return undefined;
  const { makes } = job;
  return {
    mediaType: OUTPUT_FORMAT_FACTS[format].mediaType,
    path: first.paths[index]!,
    get bytes() {
      if (job.makes !== makes) return 0;
      return job.growing?.bytes[index] ?? job.actor.made?.files[index]?.bytes ?? 0;
    },
    get state() {
      if (job.makes !== makes) return 'gone' as const;
      if (job.growing) return 'growing' as const;
      return job.actor.made ? ('whole' as const) : ('gone' as const);
    },
    next: () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const leave = job.follow(() => {
        leave();
        resolve();
      });
      return promise;
    },
  };
}
