import type { OutputTags, TagName } from '@audiocloud/api';

/** RIFF MCI: the four letters of each tag in a LIST INFO chunk, as ffmpeg, sox and players read them. */
const CHUNKS: Partial<Record<TagName, string>> = {
  title: 'INAM',
  artist: 'IART',
  album: 'IPRD',
  genre: 'IGNR',
  date: 'ICRD',
  track: 'IPRT',
  comment: 'ICMT',
  copyright: 'ICOP',
};

const encoder = new TextEncoder();

/** The chunk LIST INFO of a WAV file; empty without any of its tags. What it has no place for is left out. [any] */
export function riffInfo(tags: OutputTags): Uint8Array {
  const parts = Object.entries(CHUNKS).flatMap(([name, id]) => {
    const text = tags[name as TagName];
    return text === undefined ? [] : [chunk(id, new Uint8Array([...encoder.encode(text), 0]))];
  });
  return parts.length === 0 ? new Uint8Array() : chunk('LIST', join([encoder.encode('INFO'), ...parts]));
}

/** Id, size, bytes, and a zero where the size is odd. */
function chunk(id: string, bytes: Uint8Array): Uint8Array {
  const made = new Uint8Array(8 + bytes.length + (bytes.length & 1));
  made.set(encoder.encode(id));
  new DataView(made.buffer).setUint32(4, bytes.length, true);
  made.set(bytes, 8);
  return made;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const made = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    made.set(part, at);
    at += part.length;
  }
  return made;
}
