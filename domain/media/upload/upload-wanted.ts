import { AudioCloudError, check, MediaCreate } from '@audiocloud/api';
import { cleanName } from '../default-name.ts';

type Wanted = Omit<MediaCreate, 'from'>;

/**
 * What a client says of an upload (`Upload-Metadata`), as one would say it of any import. [any]
 *
 * `name`, else the last part of `filename`, which tus clients send; `tags`, with commas between them; `context`, as JSON. What
 * else is there is kept and means nothing. Throws REQUEST_INVALID.
 */
export function wantedOfUpload(metadata: Record<string, string | null>): Wanted {
  const { name, filename, tags, context } = metadata;
  const called = cleanName(name ?? filename?.split(/[/\\]/).at(-1) ?? '');
  const words = (tags ?? '').split(',').map((tag) => tag.trim());
  const wanted = {
    ...(called === '' ? {} : { name: called }),
    tags: [...new Set(words.filter((tag) => tag !== ''))],
    ...(context ? { context: parsed(context) } : {}),
  };
  const { from: _, ...checked } = check(
    MediaCreate,
    { from: { upload: 'upload-000000000000' }, ...wanted },
    'Upload-Metadata',
    'REQUEST_INVALID',
  );
  return checked;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new AudioCloudError('REQUEST_INVALID', 'Cannot accept Upload-Metadata: its context is no JSON');
  }
}
