import { asAudioCloudError, AudioCloudError } from '@audiocloud/api/errors';
import { MEDIA_CHANNELS_MAXIMUM, MEDIA_RATE_MAXIMUM, MEDIA_RATE_MINIMUM } from '@audiocloud/api/media-limits';
import { readAiffFormat } from './aiff-format.ts';
import type { ForeignFormat } from './foreign-format.ts';
import type { MediaFile } from './media-file.ts';
import { id3Bytes, SNIFF_BYTES, sniffFormat, type MediaFormat } from './media-format.ts';
import { pcmStream } from './pcm-stream.ts';
import type { Beat, SoundStream } from './sound-stream.ts';
import { readWavFormat, type WavFormat } from './wav-format.ts';

/** What a file is, and where its stream begins. */
export type FoundStream = { format: MediaFormat; offset: number } | { foreign: ForeignFormat };

const READ = 'WAV, AIFF, FLAC, MP3, Ogg Vorbis or Opus, or with ffmpeg AAC, MP4 and other containers';

/** Where the stream of a file begins, and what it is. Throws MEDIA_UNSUPPORTED. [any] */
export function findStream(file: MediaFile): FoundStream {
  let head = file.read(0, SNIFF_BYTES);
  const offset = id3Bytes(head); // players put ID3 tags before FLAC as well
  if (offset > 0) head = file.read(offset, SNIFF_BYTES);
  const sniffed = sniffFormat(head);
  if ('foreign' in sniffed) return { foreign: sniffed.foreign };
  const isChunked = 'format' in sniffed && (sniffed.format === 'wav' || sniffed.format === 'aiff');
  if ('format' in sniffed && !(isChunked && offset > 0)) return { format: sniffed.format, offset };
  const what = 'unsupported' in sniffed ? sniffed.unsupported : 'a WAV or AIFF file behind an ID3 tag';
  throw new AudioCloudError('MEDIA_UNSUPPORTED', `Cannot read the file: it looks like ${what}; wanted ${READ}`, {
    looksLike: what,
  });
}

/**
 * Opens a file of any format that is read, told by its content, for decoding. Blocks its thread while it decodes; what ffmpeg reads
 * is decoded in a process. Throws MEDIA_UNSUPPORTED, MEDIA_DAMAGED. [decode]
 */
export async function openSound(file: MediaFile, beat: Beat): Promise<SoundStream> {
  const stream = await openAny(file, beat);
  const { channels, sampleRate } = stream.format;
  if (channels > MEDIA_CHANNELS_MAXIMUM)
    throw new AudioCloudError(
      'MEDIA_UNSUPPORTED',
      `Cannot read the file: it has ${channels} channels, at most ${MEDIA_CHANNELS_MAXIMUM} are read`,
      { channels, maximum: MEDIA_CHANNELS_MAXIMUM },
    );
  if (!(sampleRate >= MEDIA_RATE_MINIMUM && sampleRate <= MEDIA_RATE_MAXIMUM))
    throw new AudioCloudError(
      'MEDIA_DAMAGED',
      `Cannot read the file: its header says ${sampleRate} frames per second, ${MEDIA_RATE_MINIMUM} to ${MEDIA_RATE_MAXIMUM} are read`,
      { sampleRate, minimum: MEDIA_RATE_MINIMUM, maximum: MEDIA_RATE_MAXIMUM },
    );
  return stream;
}

async function openAny(file: MediaFile, beat: Beat): Promise<SoundStream> {
  const found = findStream(file);
  if ('foreign' in found) return byFfmpeg(file, found.foreign, beat);
  const { format, offset } = found;
  // Each decoder is loaded only when it is needed: together they are a megabyte of JavaScript.
  if (format === 'wav') return pcm(file, 'wav', readWavFormat, beat);
  if (format === 'aiff') return pcm(file, 'aiff', readAiffFormat, beat);
  if (format === 'flac') return (await import('./flac-stream.ts')).flacStream(file, offset, beat);
  if (format === 'mp3') return (await import('./mp3-stream.ts')).mp3Stream(file, offset, beat);
  return (await import('./ogg-stream.ts')).oggStream(file, offset, format, beat);
}

/** What stands compressed in WAV and AIFF (ADPCM, GSM, MP3) is for ffmpeg. */
async function pcm(
  file: MediaFile,
  container: 'wav' | 'aiff',
  read: (file: MediaFile) => WavFormat,
  beat: Beat,
): Promise<SoundStream> {
  let layout: WavFormat;
  try {
    layout = read(file);
  } catch (thrown) {
    const { code, details } = asAudioCloudError(thrown, 'MEDIA_DAMAGED');
    const coding = details?.['coding']; // one that is not ours
    if (code !== 'MEDIA_UNSUPPORTED' || coding === undefined || file.path === undefined) throw thrown;
    return byFfmpeg(file, { name: `${container.toUpperCase()} of ${coding}`, demuxer: container, container }, beat);
  }
  return pcmStream(file, container, layout, beat);
}

async function byFfmpeg(file: MediaFile, foreign: ForeignFormat, beat: Beat): Promise<SoundStream> {
  if (file.path === undefined)
    throw new AudioCloudError('MEDIA_UNSUPPORTED', `Cannot read ${foreign.name} from memory; give a file`);
  return (await import('./ffmpeg-stream.ts')).ffmpegStream(file.path, foreign, beat);
}
