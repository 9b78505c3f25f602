import type { OutputTags, TagName } from '@audiocloud/api';

/** Names of the Vorbis comment specification, which FLAC and Opus use as well. */
const FIELDS: Record<TagName, string> = {
  title: 'TITLE',
  artist: 'ARTIST',
  album: 'ALBUM',
  albumArtist: 'ALBUMARTIST',
  composer: 'COMPOSER',
  genre: 'GENRE',
  date: 'DATE',
  track: 'TRACKNUMBER',
  comment: 'COMMENT',
  copyright: 'COPYRIGHT',
  isrc: 'ISRC',
};

const encoder = new TextEncoder();

/** Length and vendor, count, then length and `NAME=text` of each; all lengths u32, little-endian. [any] */
export function vorbisComment(vendor: string, tags: OutputTags): Uint8Array {
  const fields = Object.entries(FIELDS).flatMap(([name, field]) => {
    const text = tags[name as TagName];
    return text === undefined ? [] : [encoder.encode(`${field}=${text}`)];
  });
  const pieces = [encoder.encode(vendor), undefined, ...fields];
  const made = new Uint8Array(pieces.reduce((sum, piece) => sum + 4 + (piece?.length ?? 0), 0));
  const view = new DataView(made.buffer);
  let at = 0;
  for (const piece of pieces) {
    view.setUint32(at, piece?.length ?? fields.length, true);
    if (piece) made.set(piece, at + 4);
    at += 4 + (piece?.length ?? 0);
  }
  return made;
}
