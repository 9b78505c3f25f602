import { AudioCloudError, type MediaFrom } from '@audiocloud/api';
import type { MediaSources, OpenManner, OpenSource } from './media-disk.ts';

/** One kind of source: what it is found by is a path, an address or an id. */
export interface SourceKind {
  find(name: string, application: string): Promise<void>;
  open(name: string, manner: OpenManner): Promise<OpenSource>;
  release?(name: string, application: string): Promise<void>;
  /** See MediaSources. */
  sizeOf?(name: string, application: string): Promise<number | undefined>;
}

export interface SourceKinds {
  path: SourceKind;
  url: SourceKind;
  upload: SourceKind;
}

/** All kinds of sources; a file of more than `mostBytes` is refused, and a kind that is left out is MEDIA_FORBIDDEN. [control] */
export function mediaSources(kinds: Partial<SourceKinds>, mostBytes = Number.POSITIVE_INFINITY): MediaSources {
  const kindFor = (from: MediaFrom): SourceKind => {
    const name = kindOf(from);
    const kind = kinds[name];
    if (kind) return kind;
    throw new AudioCloudError('MEDIA_FORBIDDEN', `Cannot import by ${name}: this domain does not`, { kind: name });
  };
  return {
    find: async (from, application) => kindFor(from).find(nameOf(from), application),
    release: async (from, application) => kindFor(from).release?.(nameOf(from), application),
    sizeOf: async (from, application) => kindFor(from).sizeOf?.(nameOf(from), application),
    open: async (from, manner) => {
      const source = await kindFor(from).open(nameOf(from), manner);
      try {
        if (source.totalBytes !== undefined) requireSmall(source.totalBytes, mostBytes);
      } catch (error) {
        await source.close();
        throw error;
      }
      return { ...source, pieces: counted(source, mostBytes) };
    },
  };
}

const kindOf = (from: MediaFrom): keyof SourceKinds => ('path' in from ? 'path' : 'url' in from ? 'url' : 'upload');

const nameOf = (from: MediaFrom): string => ('path' in from ? from.path : 'url' in from ? from.url : from.upload);

/** Throws MEDIA_TOO_LARGE. isEnd: whether it has no more than these bytes. [any] */
export function requireSmall(bytes: number, mostBytes: number, isEnd = true): void {
  if (bytes <= mostBytes) return;
  const overBytes = bytes - mostBytes;
  throw new AudioCloudError(
    'MEDIA_TOO_LARGE',
    `Cannot import it: it has ${bytes} bytes${isEnd ? '' : ' and more'}, ${overBytes} over the limit imports.mostMebibytes of ${mostBytes} bytes`,
    { limit: 'imports.mostMebibytes', mostBytes, bytes, overBytes },
  );
}

async function* counted({ pieces, startBytes = 0 }: OpenSource, mostBytes: number): AsyncGenerator<Uint8Array> {
  let bytes = startBytes;
  for await (const piece of pieces) {
    bytes += piece.length;
    requireSmall(bytes, mostBytes, false);
    yield piece;
  }
}
