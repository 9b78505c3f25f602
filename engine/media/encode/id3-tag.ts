import type { OutputTags, TagName } from '@audiocloud/api';

/** Frames of ID3v2.4 (id3.org, ID3v2.4.0-frames). */
const FRAMES: Record<Exclude<TagName, 'comment'>, string> = {
  title: 'TIT2',
  artist: 'TPE1',
  album: 'TALB',
  albumArtist: 'TPE2',
  composer: 'TCOM',
  genre: 'TCON',
  date: 'TDRC',
  track: 'TRCK',
  copyright: 'TCOP',
  isrc: 'TSRC',
};

const UTF8 = 3;
const encoder = new TextEncoder();

/** An ID3v2.4 tag; empty without tags. [any] */
export function id3Tag(tags: OutputTags): Uint8Array {
  const frames = Object.entries(FRAMES).flatMap(([name, id]) => {
    const text = tags[name as TagName];
    return text === undefined ? [] : [frame(id, [UTF8, ...encoder.encode(text)])];
  });
  // a comment has a language and a description, which nobody asked for
  if (tags.comment !== undefined)
    frames.push(frame('COMM', [UTF8, ...encoder.encode('und\0'), ...encoder.encode(tags.comment)]));
  if (frames.length === 0) return new Uint8Array();
  const body = frames.flat();
  return new Uint8Array([...encoder.encode('ID3'), 4, 0, 0, ...syncsafe(body.length), ...body]);
}

const frame = (id: string, body: readonly number[]): number[] => [
  ...encoder.encode(id),
  ...syncsafe(body.length),
  0,
  0,
  ...body,
];

/** 28 bits, seven in each byte, so that no byte looks like the start of an MPEG frame. */
const syncsafe = (value: number): number[] => [21, 14, 7, 0].map((shift) => (value >>> shift) & 0x7f);
