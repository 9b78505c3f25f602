import { AudioCloudError, mediaIdOf, type Task } from '@audiocloud/api';
import type { FilePaths } from './media-paths.ts';

/** The absolute path of every media of a task of an application, by name. Throws MEDIA_FORBIDDEN, MEDIA_MISSING, MEDIA_UNKNOWN. [control] */
export type MediaPaths = (task: Task, application: string) => Promise<Record<string, string>>;

/**
 * Files of media folders and imported media together. [control]
 *
 * imported: where the media of an application lie; undefined for what it has not.
 */
export function taskMedia(
  files: FilePaths,
  imported: (application: string, id: string) => string | undefined,
): MediaPaths {
  return async (task, application) => {
    const { media = {}, ...rest } = task;
    const plain: NonNullable<Task['media']> = {};
    const paths: Record<string, string> = {};
    for (const [name, source] of Object.entries(media)) {
      const id = mediaIdOf(source.path);
      if (id === undefined) plain[name] = source;
      else paths[name] = imported(application, id) ?? unknown(name, id);
    }
    return { ...(await files({ ...rest, media: plain })), ...paths };
  };
}

function unknown(name: string, id: string): never {
  throw new AudioCloudError('MEDIA_UNKNOWN', `Cannot use media '${name}': there are no imported media ${id}`, {
    media: name,
  });
}

/** Ids of imported media that a task names, each once. [any] */
export const importedMediaOf = ({ media = {} }: Task): string[] => [
  ...new Set(Object.values(media).flatMap(({ path }) => mediaIdOf(path) ?? [])),
];
