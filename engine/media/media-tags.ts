import type { MediaTags } from '@audiocloud/api';
import { TAG_LENGTH_MAXIMUM } from '@audiocloud/api/media-limits';

const MAX_NUMBER = 65535;

/** Text for people: no control characters, no more than fits. */
function text(value: unknown): string | undefined {
  const all = Array.isArray(value) ? value.filter((one) => typeof one === 'string').join('; ') : value;
  if (typeof all !== 'string') return undefined;
  const clean = asUtf8(all)
    .replace(/\p{Cc}+/gu, ' ')
    .toWellFormed()
    .trim();
  return clean === '' ? undefined : clean.slice(0, TAG_LENGTH_MAXIMUM).toWellFormed();
}

/** Chunks of WAV have no encoding; most writers put UTF-8 there, which was read letter by letter. */
function asUtf8(letters: string): string {
  if (/^\p{ASCII}*$/u.test(letters) || [...letters].some((letter) => letter > '\xff')) return letters;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(letters, 'latin1'));
  } catch {
    return letters;
  }
}

const whole = (value: unknown): number | undefined =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_NUMBER ? (value as number) : undefined;

const within = (value: unknown, most: number): number | undefined =>
  typeof value === 'number' && value >= 0 && value <= most ? value : undefined;

/** The tags of a file, of whatever kind they are. What cannot be read of them is left out; pictures are. [decode] */
export async function readTags(path: string): Promise<MediaTags> {
  const { parseFile } = await import('music-metadata');
  const parsed = await parseFile(path, { skipCovers: true, duration: false }).catch(() => undefined);
  if (!parsed) return {};
  const { common, format } = parsed;
  const [comment] = common.comment ?? [];
  const tags: { [key in keyof MediaTags]: MediaTags[key] | undefined } = {
    title: text(common.title),
    artist: text(common.artists ?? common.artist),
    album: text(common.album),
    albumArtist: text(common.albumartist),
    composer: text(common.composer),
    genre: text(common.genre),
    date: text(common.date ?? (common.year === undefined ? undefined : String(common.year))),
    comment: text(typeof comment === 'string' ? comment : comment?.text),
    copyright: text(common.copyright),
    isrc: text(common.isrc?.[0]),
    encoder: text(common.encodedby ?? common.encodersettings ?? format.tool),
    trackNumber: whole(common.track?.no),
    trackTotal: whole(common.track?.of),
    discNumber: whole(common.disk?.no),
    bpm: within(common.bpm, 10000),
  };
  return Object.fromEntries(Object.entries(tags).filter(([, value]) => value !== undefined)) as MediaTags;
}
