import { readFileSync } from 'node:fs';
import type { ErrorCode } from '@audiocloud/api';
import { oggCrc } from '../ogg-pages.ts';
import { aiff, ascii, chunk, comm, flac, fmt, joined, riff, ssnd, u16, u32, u64 } from './file-bytes.ts';

/** A file that is refused, with which code and what the message tells. */
export type HostileFile = [name: string, bytes: Uint8Array, code: ErrorCode, message: RegExp];

const LEAD = readFileSync(new URL('../../../examples/media/lead.flac', import.meta.url));
const sound = chunk('data', Buffer.alloc(64, 1));
const zeros = (bytes: number) => Buffer.alloc(bytes);
const wav = (fields: Parameters<typeof fmt>[0]) => riff(fmt(fields), sound);
const changed = (bytes: Uint8Array, ...changes: [at: number, byte: number][]) => {
  const copy = Buffer.from(bytes);
  for (const [at, byte] of changes) copy[at] = byte;
  return copy;
};
/** A block of numbers that are the same each time, and look like nothing. */
const noise = Buffer.from(Array.from({ length: 20000 }, (_, i) => (Math.imul(i + 1, 0x9e3779b1) >>> 13) & 0x7f));
const tar = Buffer.alloc(1024);
tar.write('a.wav', 0);
tar.write('ustar', 257);

/** An Ogg page of one packet. flags: 2 first, 4 last. */
export function oggPage(packet: Uint8Array, { flags = 0, granule = 0n, serial = 1, number = 0 } = {}): Buffer {
  const lacing = [...Array(Math.floor(packet.length / 255)).fill(255), packet.length % 255];
  const head = joined(ascii('OggS'), Buffer.from([0, flags]), u64(granule), u32(serial), u32(number), u32(0));
  const page = joined(head, Buffer.from([lacing.length, ...lacing]), packet);
  page.writeInt32LE(oggCrc(page), 22);
  return page;
}
const opusHead = (channels: number, preSkip = 312) =>
  joined(ascii('OpusHead'), Buffer.from([1, channels]), u16(preSkip), u32(48000), u16(0), Buffer.from([0]));
const vorbisHead = (channels: number, rate: number) =>
  joined(ascii('\x01vorbis'), u32(0), Buffer.from([channels]), u32(rate), zeros(12), Buffer.from([0xb8, 1]));
const last = { flags: 4, number: 1, granule: 48000n };

const NOTHING: HostileFile[] = [
  ['empty', zeros(0), 'MEDIA_UNSUPPORTED', /looks like an empty file/],
  ['one byte', zeros(1), 'MEDIA_UNSUPPORTED', /looks like unknown data beginning with 00/],
  ['zeros', zeros(70000), 'MEDIA_UNSUPPORTED', /looks like unknown data/],
  ['noise', noise, 'MEDIA_UNSUPPORTED', /looks like unknown data/],
  ['words', ascii('these are words, no music'), 'MEDIA_UNSUPPORTED', /looks like text/],
  ['playlist', ascii('#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n'), 'MEDIA_UNSUPPORTED', /looks like text/],
  ['concat script', ascii("ffconcat version 1.0\nfile '/etc/passwd'\n"), 'MEDIA_UNSUPPORTED', /looks like text/],
  ['web page', ascii('<!DOCTYPE html><html></html>'), 'MEDIA_UNSUPPORTED', /looks like text/],
  ['zip', ascii('PK\x03\x04abc'), 'MEDIA_UNSUPPORTED', /looks like a ZIP archive; wanted/],
  ['gzip', ascii('\x1f\x8b\x08\0\0'), 'MEDIA_UNSUPPORTED', /looks like gzip/],
  ['bzip2', ascii('BZh91AY'), 'MEDIA_UNSUPPORTED', /looks like bzip2/],
  ['xz', ascii('\xfd7zXZ\0'), 'MEDIA_UNSUPPORTED', /looks like an xz archive/],
  ['7z', ascii('7z\xbc\xaf\x27\x1c'), 'MEDIA_UNSUPPORTED', /looks like a 7-Zip archive/],
  ['rar', ascii('Rar!\x1a\x07\0'), 'MEDIA_UNSUPPORTED', /looks like a RAR archive/],
  ['zstd', ascii('\x28\xb5\x2f\xfd'), 'MEDIA_UNSUPPORTED', /looks like zstd/],
  ['tar', tar, 'MEDIA_UNSUPPORTED', /looks like a tar archive/],
  ['program', ascii('\x7fELF\x02\x01'), 'MEDIA_UNSUPPORTED', /looks like a program/],
  ['picture', ascii('\x89PNG\r\n\x1a\n'), 'MEDIA_UNSUPPORTED', /looks like a PNG picture/],
  ['document', ascii('%PDF-1.7'), 'MEDIA_UNSUPPORTED', /looks like a PDF document/],
  ['notes', ascii('MThd\0\0\0\x06'), 'MEDIA_UNSUPPORTED', /looks like a MIDI file/],
  ['sampler bank', riff(zeros(4)).fill(ascii('sfbk'), 8, 12), 'MEDIA_UNSUPPORTED', /looks like RIFF of form 'sfbk'/],
  ['zip behind ID3', joined(ascii('ID3\x04\0\0\0\0\0\x05'), zeros(5), ascii('PK\x03\x04')), 'MEDIA_UNSUPPORTED', /ZIP/],
  ['ID3 that is longer than the file', ascii('ID3\x04\0\0\x7f\x7f\x7f\x7f'), 'MEDIA_UNSUPPORTED', /an empty file/],
];

const WAV: HostileFile[] = [
  ['WAV cut in its header', wav({}).subarray(0, 20), 'MEDIA_DAMAGED', /'fmt ' at byte 12 says 16 bytes|any sound/],
  ['WAV cut in its sound', wav({}).subarray(0, 60), 'MEDIA_DAMAGED', /says 64 bytes of sound, the file holds 16/],
  [
    'WAV of 4 GB in 100 bytes',
    riff(fmt(), chunk('data', zeros(64), 0xfffffff0)),
    'MEDIA_DAMAGED',
    /says 4294967280 bytes/,
  ],
  [
    'WAV with a chunk beyond its end',
    riff(chunk('LIST', zeros(4), 5000), fmt(), sound),
    'MEDIA_DAMAGED',
    /'LIST' at byte 12 says 5000/,
  ],
  ['WAV without channels', wav({ channels: 0, blockBytes: 2 }), 'MEDIA_DAMAGED', /says 0 channels/],
  ['WAV of 65535 channels', wav({ channels: 65535, blockBytes: 2 }), 'MEDIA_UNSUPPORTED', /65535 channels, at most 64/],
  ['WAV of 0 Hz', wav({ rate: 0 }), 'MEDIA_DAMAGED', /says 0 frames per second, 1000 to 768000/],
  ['WAV of 4 GHz', wav({ rate: 0xffffffff }), 'MEDIA_DAMAGED', /says 4294967295 frames per second/],
  ['WAV of 0 bits', wav({ bits: 0, blockBytes: 2 }), 'MEDIA_UNSUPPORTED', /holds 0-bit pcm/],
  ['WAV of 40 bits', wav({ bits: 40 }), 'MEDIA_UNSUPPORTED', /holds 40-bit pcm/],
  [
    'WAV with frames of 3 bytes',
    wav({ blockBytes: 3 }),
    'MEDIA_DAMAGED',
    /says 3 bytes a frame, 1 channels of 16 bits need 2/,
  ],
  ['WAV with its sound first', riff(sound, fmt()), 'MEDIA_DAMAGED', /before any format/],
  ['WAV without sound', riff(fmt()), 'MEDIA_DAMAGED', /without any sound/],
  ['WAV with a short format', riff(chunk('fmt ', zeros(2)), sound), 'MEDIA_DAMAGED', /has 2 bytes, 16 are needed/],
  [
    'WAV with NaN',
    riff(fmt({ tag: 3, bits: 32 }), chunk('data', Buffer.alloc(64, 255))),
    'MEDIA_DAMAGED',
    /frame 0 of channel 0/,
  ],
  [
    'RF64 of 2^62 bytes',
    riff(
      chunk('ds64', joined(u64(0n), u64(2n ** 62n), u64(0n), u32(0))),
      fmt(),
      chunk('data', zeros(64), 0xffffffff),
    ).fill(ascii('RF64'), 0, 4),
    'MEDIA_DAMAGED',
    /says 46116860184273\d+ bytes of sound/,
  ],
];

const AIFF: HostileFile[] = [
  ['AIFF without a format', aiff('AIFF', ssnd(zeros(4))), 'MEDIA_DAMAGED', /no format \(chunk 'COMM'\)/],
  ['AIFF without sound', aiff('AIFF', comm()), 'MEDIA_DAMAGED', /without any sound/],
  [
    'AIFF of 4 billion frames',
    aiff('AIFF', comm({ frames: 0xffffffff }), ssnd(zeros(4))),
    'MEDIA_DAMAGED',
    /says 4294967295 frames, the file holds 2/,
  ],
  [
    'AIFF of 65535 channels',
    aiff('AIFF', comm({ channels: 65535 }), ssnd(zeros(4))),
    'MEDIA_UNSUPPORTED',
    /65535 channels, at most 64/,
  ],
  [
    'AIFF of no finite rate',
    aiff('AIFF', comm({ rate: Buffer.alloc(10, 0x7f) }), ssnd(zeros(4))),
    'MEDIA_DAMAGED',
    /says Infinity frames per second/,
  ],
  [
    'AIFF with a wild offset',
    aiff('AIFF', comm(), ssnd(zeros(4), 0x7fffffff)),
    'MEDIA_DAMAGED',
    /begins 2147483647 bytes into 4/,
  ],
  ['AIFF of 40 bits', aiff('AIFF', comm({ bits: 40 }), ssnd(zeros(40))), 'MEDIA_UNSUPPORTED', /holds 40-bit PCM/],
  [
    'AIFF cut',
    aiff('AIFF', comm(), ssnd(zeros(4))).subarray(0, 50),
    'MEDIA_DAMAGED',
    /'SSND' at byte 38 says 12 bytes/,
  ],
];

const FLAC: HostileFile[] = [
  ['FLAC that is its magic alone', ascii('fLaC'), 'MEDIA_DAMAGED', /STREAMINFO is missing/],
  ['FLAC of 0 Hz', flac({ rate: 0 }), 'MEDIA_DAMAGED', /rate is 0 Hz/],
  ['FLAC that says more than it has', flac({ frames: 100_000 }), 'MEDIA_DAMAGED', /says 100000 frames, 65535 could be/],
  ['FLAC that says less than it has', flac({ frames: 1000 }), 'MEDIA_DAMAGED', /says 1000 frames, there are more/],
  [
    'FLAC of 2^36 frames',
    flac({ frames: 2 ** 36 - 1 }),
    'TOO_LARGE',
    /as long as 1431655\.\d+ s or more, at most 86400 s/,
  ],
  ['FLAC with another MD5', flac({ frames: 65535, md5: Buffer.alloc(16, 7) }), 'MEDIA_DAMAGED', /do not have the MD5/],
  [
    'FLAC cut off',
    LEAD.subarray(0, LEAD.length >> 1),
    'MEDIA_DAMAGED',
    /says 768000 frames, \d+ could be decoded|LOST_SYNC/,
  ],
  [
    'FLAC with a bit turned',
    changed(LEAD, [LEAD.length >> 1, LEAD[LEAD.length >> 1]! ^ 1]),
    'MEDIA_DAMAGED',
    /near frame|MD5|could be/,
  ],
  [
    'WAV under the magic of FLAC',
    joined(ascii('fLaC'), wav({})),
    'MEDIA_DAMAGED',
    /STREAMINFO is missing|0 Hz|could be decoded/,
  ],
  [
    'bomb that says so',
    flac({ channels: 8, blocks: 200, frames: 200 * 65535 }),
    'TOO_LARGE',
    /its \d+ bytes decode to 419424000 bytes or more, at most 268435456 bytes are allowed, 150988544 bytes over/,
  ],
  [
    'bomb that does not',
    flac({ channels: 8, blocks: 200 }),
    'TOO_LARGE',
    /its \d+ bytes decode to \d+ bytes or more, at most 268435456/,
  ],
];

const OGG: HostileFile[] = [
  [
    'Ogg cut in its first page',
    oggPage(opusHead(2), { flags: 2 }).subarray(0, 30),
    'MEDIA_UNSUPPORTED',
    /unknown codec/,
  ],
  [
    'Ogg of an unknown codec',
    oggPage(ascii('whatever'), { flags: 2 }),
    'MEDIA_UNSUPPORTED',
    /unknown codec \('whatever'\)/,
  ],
  [
    'Ogg with a wrong checksum',
    changed(oggPage(opusHead(2), { flags: 6 }), [40, 9]),
    'MEDIA_DAMAGED',
    /wrong checksum/,
  ],
  ['Ogg without its end', oggPage(opusHead(2), { flags: 2 }), 'MEDIA_DAMAGED', /without its last page/],
  [
    'Ogg with a page missing',
    joined(oggPage(opusHead(2), { flags: 2 }), oggPage(zeros(9), { ...last, number: 7 })),
    'MEDIA_DAMAGED',
    /pages 1 to 6 are missing/,
  ],
  [
    'Ogg of two streams at once',
    joined(oggPage(opusHead(2), { flags: 2 }), oggPage(opusHead(2), { flags: 2, serial: 9 })),
    'MEDIA_UNSUPPORTED',
    /several streams/,
  ],
  [
    'Opus without channels',
    joined(oggPage(opusHead(0), { flags: 2 }), oggPage(zeros(9), last)),
    'MEDIA_DAMAGED',
    /says 0 channels/,
  ],
  [
    'Opus of 255 channels',
    joined(oggPage(opusHead(255), { flags: 2 }), oggPage(zeros(9), last)),
    'MEDIA_UNSUPPORTED',
    /255 channels, at most 8/,
  ],
  [
    'Opus that skips more than it has',
    joined(oggPage(opusHead(2, 60000), { flags: 2 }), oggPage(zeros(9), last)),
    'MEDIA_DAMAGED',
    /last position is negative/,
  ],
  ['Opus without sound', joined(oggPage(opusHead(2), { flags: 2 }), oggPage(zeros(9), last)), 'MEDIA_DAMAGED', /./],
  [
    'Vorbis of 0 Hz',
    joined(oggPage(vorbisHead(2, 0), { flags: 2 }), oggPage(zeros(9), last)),
    'MEDIA_DAMAGED',
    /0 frames per second/,
  ],
  [
    'Vorbis without its tables',
    joined(oggPage(vorbisHead(2, 48000), { flags: 2 }), oggPage(zeros(9), last)),
    'MEDIA_DAMAGED',
    /./,
  ],
];

const MP3_FRAME = joined(Buffer.from([0xff, 0xfb, 0x90, 0x64]), zeros(413));
const xing = joined(zeros(32), ascii('Xing'), Buffer.from([0, 0, 0, 1, 0, 0, 100, 0]));
const MP3: HostileFile[] = [
  [
    'MP3 of which the tag says more',
    joined(changed(MP3_FRAME).fill(xing, 4, 4 + xing.length), MP3_FRAME, MP3_FRAME),
    'MEDIA_DAMAGED',
    /tag says 29491200 frames/,
  ],
  ['MP3 that becomes noise', joined(MP3_FRAME, MP3_FRAME, noise), 'MEDIA_DAMAGED', /near frame|no sound|resync/],
];

/** Files that do harm, or would. What needs ffmpeg is not among them. */
export const HOSTILE_FILES: readonly HostileFile[] = [...NOTHING, ...WAV, ...AIFF, ...FLAC, ...OGG, ...MP3];
