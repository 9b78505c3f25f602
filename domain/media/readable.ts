import { AudioCloudError } from '@audiocloud/api';

/** Does some work on files; what the system refuses it with becomes MEDIA_UNREADABLE, without a path. [control] */
export async function readable<R>(what: string, work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof AudioCloudError) throw cause;
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    throw new AudioCloudError('MEDIA_UNREADABLE', `Cannot ${what}: the disk says ${code}`, { system: code }, { cause });
  }
}
