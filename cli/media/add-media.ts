import { openAsBlob } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { AudioCloudError, type MediaJob } from '@audiocloud/api';
import type { AudioCloudClient, MediaWords } from '@audiocloud/client';
import { withBar } from './with-bar.ts';

type MediaCalls = AudioCloudClient['media'];

export interface AddOptions {
  /** Files of the media folders of the domain alone. */
  fromFolder: boolean;
  /** Shows no progress. */
  isQuiet: boolean;
  /** An upload to go on with. */
  resume?: string;
}

/** Begins one import: an address is fetched by the domain, a file here is uploaded, else it is one of the media folders. [control] */
export async function addMedia(
  media: MediaCalls,
  what: string,
  words: MediaWords,
  options: AddOptions,
): Promise<MediaJob> {
  if (/^https?:\/\//i.test(what)) return media.importUrl(what, words);
  const { fromFolder, resume } = options;
  const here = fromFolder ? undefined : await stat(what).catch(() => undefined);
  if (here?.isFile()) return upload(media, what, { name: basename(what), ...words }, options);
  if (here) throw new AudioCloudError('MEDIA_MISSING', `Cannot add ${what}: it is no file; name the files in it`);
  if (resume !== undefined)
    throw new AudioCloudError('MEDIA_MISSING', `Cannot go on with ${resume}: there is no file ${what} here`);
  try {
    return await media.import({ from: { path: what }, ...words, tags: [...(words.tags ?? [])] });
  } catch (error) {
    if (fromFolder || !(error instanceof AudioCloudError) || error.code !== 'MEDIA_MISSING') throw error;
    throw new AudioCloudError(
      'MEDIA_MISSING',
      `Cannot add ${what}: there is no such file here, and none in the media folders of the domain`,
      { path: what },
    );
  }
}

async function upload(
  media: MediaCalls,
  path: string,
  words: MediaWords,
  { isQuiet, resume }: AddOptions,
): Promise<MediaJob> {
  const stop = new AbortController();
  const stopped = () => stop.abort();
  process.once('SIGINT', stopped);
  let id = resume;
  try {
    return await withBar(path, isQuiet, async (onProgress) =>
      media.upload(await openAsBlob(path), {
        ...words,
        ...(resume === undefined ? {} : { resume }),
        signal: stop.signal,
        onBegun: (upload) => {
          id = upload;
        },
        onProgress,
      }),
    );
  } catch (error) {
    const goesOn = id === undefined ? '' : `; go on with: audiocloud media add ${path} --resume ${id}`;
    if (stop.signal.aborted)
      throw new AudioCloudError('CONNECTION_LOST', `Cannot add ${path}: it was interrupted${goesOn}`);
    if (!(error instanceof AudioCloudError) || error.code !== 'CONNECTION_LOST') throw error;
    throw new AudioCloudError('CONNECTION_LOST', `${error.message}${goesOn}`);
  } finally {
    process.removeListener('SIGINT', stopped);
  }
}
