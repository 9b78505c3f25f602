import type { MediaContainer } from '@audiocloud/api';

/** What ffmpeg reads for us: what the bytes look like, to which of its demuxers they are given, and no other. */
export interface ForeignFormat {
  name: string;
  demuxer: string;
  container: MediaContainer;
}

const of = (name: string, demuxer: string, container: MediaContainer = 'other'): ForeignFormat => ({
  name,
  demuxer,
  container,
});

const BY_MAGIC: [at: number, magic: string, ForeignFormat][] = [
  [4, 'ftyp', of('MP4 or M4A', 'mov', 'mp4')],
  [4, 'moov', of('QuickTime', 'mov', 'mp4')],
  [4, 'mdat', of('QuickTime', 'mov', 'mp4')],
  [4, 'wide', of('QuickTime', 'mov', 'mp4')],
  [0, '\x1aE\xdf\xa3', of('Matroska or WebM', 'matroska', 'matroska')],
  [0, '\x30\x26\xb2\x75', of('Windows Media (ASF)', 'asf', 'asf')],
  [0, 'caff', of('Core Audio (CAF)', 'caf', 'caf')],
  [0, '\x00\x00\x01\xba', of('an MPEG program stream', 'mpeg', 'mpeg')],
  [0, 'FLV\x01', of('Flash video', 'flv')],
  [0, 'wvpk', of('WavPack', 'wv')],
  [0, 'MAC ', of("Monkey's Audio", 'ape')],
  [0, 'TTA1', of('True Audio', 'tta')],
  [0, 'DSD ', of('DSD', 'dsf')],
  [0, '.snd', of('Sun AU', 'au')],
  [0, 'riff', of('Wave64', 'w64')],
  [0, '#!AMR', of('AMR', 'amr')],
  [0, '\x0b\x77', of('AC-3', 'ac3')],
];

const text = (bytes: Uint8Array, at: number, length: number) => String.fromCharCode(...bytes.subarray(at, at + length));

/** A format for ffmpeg, by its first bytes. [any] */
export function foreignFormat(head: Uint8Array): ForeignFormat | undefined {
  const found = BY_MAGIC.find(([at, magic]) => text(head, at, magic.length) === magic);
  if (found) return found[2];
  if (text(head, 0, 4) === 'RIFF' && text(head, 8, 4) === 'AVI ') return of('AVI', 'avi', 'avi');
  if (head.length >= 377 && [0, 188, 376].every((at) => head[at] === 0x47))
    return of('an MPEG transport stream', 'mpegts', 'mpeg');
  // AAC in ADTS frames: the sync word of MPEG audio with layer 0 (ISO/IEC 13818-7, 6.2), twice, as far apart as the first says.
  if (isAdts(head, 0)) {
    const bytes = ((head[3]! & 3) << 11) | (head[4]! << 3) | (head[5]! >> 5);
    if (bytes >= 7 && (bytes + 2 > head.length || isAdts(head, bytes))) return of('AAC (ADTS)', 'aac', 'adts');
  }
  return undefined;
}

const isAdts = (head: Uint8Array, at: number) => head[at] === 0xff && (head[at + 1]! & 0xf6) === 0xf0;
