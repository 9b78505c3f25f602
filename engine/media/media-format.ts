import { foreignFormat, type ForeignFormat } from './foreign-format.ts';
import { findMp3Frame } from './mp3-header.ts';

/** What is read without help. */
export type MediaFormat = 'wav' | 'aiff' | 'flac' | 'mp3' | 'ogg-vorbis' | 'ogg-opus' | 'ogg-flac';

/** What the first bytes look like: a format that is read, or a name for people. */
export type Sniffed = { format: MediaFormat } | { foreign: ForeignFormat } | { unsupported: string };

/** Bytes that sniffFormat wants to see: an ID3 tag with a picture may come first, so the caller skips it by id3Bytes. */
export const SNIFF_BYTES = 16384;

const text = (bytes: Uint8Array, at: number, length: number) => String.fromCharCode(...bytes.subarray(at, at + length));

/** Length of an ID3v2 tag at the start, 0 when there is none (ID3v2.4, section 3.1: 28-bit size, header not counted). [any] */
export function id3Bytes(head: Uint8Array): number {
  if (text(head, 0, 3) !== 'ID3' || head.length < 10) return 0;
  const size = (head[6]! << 21) | (head[7]! << 14) | (head[8]! << 7) | head[9]!;
  return 10 + size + (head[5]! & 0x10 ? 10 : 0);
}

const OGG: [magic: string, Sniffed][] = [
  ['\x01vorbis', { format: 'ogg-vorbis' }],
  ['OpusHead', { format: 'ogg-opus' }],
  ['\x7fFLAC', { format: 'ogg-flac' }],
  ['Speex   ', { foreign: { name: 'Ogg Speex', demuxer: 'ogg', container: 'ogg' } }],
  ['\x80theora', { foreign: { name: 'Ogg video (Theora)', demuxer: 'ogg', container: 'ogg' } }],
];

const OTHERS: [at: number, magic: string, name: string][] = [
  [0, 'FRM8', 'DSDIFF'],
  [0, 'MThd', 'a MIDI file (notes, no sound)'],
  [0, 'PK\x03\x04', 'a ZIP archive'],
  [0, 'PK\x05\x06', 'an empty ZIP archive'],
  [0, '\x1f\x8b', 'gzip'],
  [0, 'BZh', 'bzip2'],
  [0, '\xfd7zXZ', 'an xz archive'],
  [0, '7z\xbc\xaf\x27\x1c', 'a 7-Zip archive'],
  [0, 'Rar!', 'a RAR archive'],
  [0, '\x28\xb5\x2f\xfd', 'zstd'],
  [0, '\x04\x22\x4d\x18', 'LZ4'],
  [257, 'ustar', 'a tar archive'],
  [0, 'MSCF', 'a cabinet archive'],
  [0, '\x7fELF', 'a program'],
  [0, 'MZ', 'a program'],
  [0, '\x89PNG', 'a PNG picture'],
  [0, '\xff\xd8\xff', 'a JPEG picture'],
  [0, 'GIF8', 'a GIF picture'],
  [0, '%PDF', 'a PDF document'],
];

/** The format by content; names and extensions are not looked at. `head`: from behind any ID3 tag. [any] */
export function sniffFormat(head: Uint8Array): Sniffed {
  if (head.length === 0) return { unsupported: 'an empty file' };
  const magic = text(head, 0, 4);
  if (['RIFF', 'RF64', 'BW64'].includes(magic)) {
    const form = text(head, 8, 4);
    if (form === 'WAVE') return { format: 'wav' };
    if (form !== 'AVI ') return { unsupported: `RIFF of form '${printable(form)}'` };
  }
  if (magic === 'FORM') {
    const form = text(head, 8, 4);
    const isAiff = form === 'AIFF' || form === 'AIFC';
    return isAiff ? { format: 'aiff' } : { unsupported: `IFF of form '${printable(form)}'` };
  }
  if (magic === 'fLaC') return { format: 'flac' };
  if (magic === 'OggS') {
    const packet = 27 + (head[26] ?? 0);
    const known = OGG.find(([start]) => text(head, packet, start.length) === start);
    return known?.[1] ?? { unsupported: `Ogg with an unknown codec ('${printable(text(head, packet, 8))}')` };
  }
  for (const [at, start, name] of OTHERS) if (text(head, at, start.length) === start) return { unsupported: name };
  const foreign = foreignFormat(head);
  if (foreign) return { foreign };
  if (findMp3Frame(head)) return { format: 'mp3' };
  const isText = head.subarray(0, 512).every((b) => (b >= 32 && b < 127) || (b >= 9 && b <= 13) || b >= 0xc2);
  return { unsupported: isText ? 'text' : `unknown data beginning with ${hex(head)}` };
}

const printable = (s: string) => s.replace(/[^\x20-\x7e]/g, '.');
const hex = (bytes: Uint8Array) => [...bytes.subarray(0, 8)].map((b) => b.toString(16).padStart(2, '0')).join(' ');
