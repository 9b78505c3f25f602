import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import {
  asAudioCloudError,
  AudioCloudError,
  type ExportedFiles,
  type MediaTags,
  OUTPUT_FORMAT_FACTS,
  type OutputDepth,
  type OutputTags,
  type SettledOutput,
  settleOutput,
  type SoundOutput,
} from '@audiocloud/api';
import { openMediaFile } from '../media/media-file.ts';
import { readTags } from '../media/media-tags.ts';
import { openSound } from '../media/open-sound.ts';
import type { SoundFormat } from '../media/sound-stream.ts';
import { otherChannels } from './other-channels.ts';
import { writeExport } from './write-export.ts';

export interface ConvertOptions {
  input: string;
  /** Its file. */
  path: string;
  /** Its tags are added to those of the input, which they replace. Without a depth it is that of the input, if the format has it. */
  output: SoundOutput;
  /** Default: those of the input. See otherChannels. */
  channels?: number;
  signal?: AbortSignal;
  onProgress?: (frames: number, ofFrames: number) => void;
}

export interface Converted {
  file: ExportedFiles['outputs'][0];
  /** What the input is. */
  from: SoundFormat;
  output: SettledOutput;
}

/**
 * Converts a file of any format that is read, told by its content, to another; the memory does not grow with its length. What loses
 * nothing is exact: samples that fit the depth are not dithered, where nothing else is done to them. [decode]
 *
 * Errors name the input. Throws MEDIA_MISSING, MEDIA_UNSUPPORTED, MEDIA_DAMAGED, CHANNELS_MISMATCH, REQUEST_INVALID, RENDER_CANCELLED, RENDER_FAILED; then there
 * is no file, and one that was there is as it was.
 */
export async function convertSound(options: ConvertOptions): Promise<Converted> {
  const { input, path, signal, onProgress } = options;
  await refuseSameFile(input, path);
  const file = openMediaFile(resolve(input));
  try {
    const opened = await openSound(file, () => {});
    const stream = otherChannels(opened, options.channels ?? opened.format.channels);
    const { sampleRate, channels, frames, expectedFrames } = stream.format;
    const tags = { ...outputTags(await readTags(resolve(input))), ...options.output.tags };
    const output = asExact({ ...options.output, tags }, opened.format, channels);
    const [written] = await writeExport(
      {
        sampleRate,
        frames,
        ...(expectedFrames === undefined ? {} : { expectedFrames }),
        sinks: [{ name: 'sound', channels }],
        async *pieces() {
          for await (const piece of stream.pieces()) yield { sinks: [piece.planes], frames: piece.frames };
        },
      },
      {
        outputs: [{ ...output, path: resolve(path) }],
        ...(signal ? { signal } : {}),
        ...(onProgress ? { onProgress } : {}),
      },
    );
    return { file: written!, from: opened.format, output: settleOutput(output, { sampleRate, channels }) };
  } catch (thrown) {
    throw named(thrown, input);
  } finally {
    file.close();
  }
}

/** What decoders say is of a file that they do not know the name of. */
function named(thrown: unknown, input: string): unknown {
  const { code, message, details } = asAudioCloudError(thrown);
  if (!code.startsWith('MEDIA_') || message.includes(input)) return thrown;
  const why = message.charAt(0).toLowerCase() + message.slice(1);
  const path = resolve(input);
  return new AudioCloudError(code, `Cannot convert '${input}': ${why}`, { ...details, path }, { cause: thrown });
}

/** Depth and dither that lose nothing, where nobody asked for others. */
function asExact(output: SoundOutput, from: SoundFormat, channels: number): SoundOutput {
  const { depths } = OUTPUT_FORMAT_FACTS[output.format];
  if (depths.length === 0) return output;
  const natural: OutputDepth = !from.isLossy && from.bitDepth !== undefined ? depthOf(from) : 's24';
  const depth = output.depth ?? (depths.includes(natural) ? natural : 's24');
  const isSameRate = (output.sampleRate ?? from.sampleRate) === from.sampleRate;
  const isUntouched = isSameRate && (channels === from.channels || from.channels === 1) && !output.loudness;
  const fits = !from.isLossy && !isFloat(from) && (from.bitDepth ?? 64) <= bitsOf(depth);
  const dither = output.dither ?? (isUntouched && fits ? 'none' : 'tpdf');
  return { ...output, depth, dither };
}

const isFloat = ({ codec }: SoundFormat): boolean => /^pcm_f/.test(codec);
const bitsOf = (depth: OutputDepth): number => Number(depth.slice(1));

/** The smallest depth that holds what the file has. */
function depthOf(from: SoundFormat): OutputDepth {
  if (isFloat(from)) return 'f32';
  const bits = from.bitDepth ?? 24;
  return bits <= 16 ? 's16' : bits <= 24 ? 's24' : 's32';
}

function outputTags({ trackNumber, trackTotal, ...tags }: MediaTags): OutputTags {
  const { encoder: _, discNumber: __, bpm: ___, ...kept } = tags;
  if (trackNumber === undefined) return kept;
  return { ...kept, track: trackTotal === undefined ? String(trackNumber) : `${trackNumber}/${trackTotal}` };
}

/** Throws REQUEST_INVALID when a file would be written over while it is read, also through a link. */
async function refuseSameFile(input: string, path: string): Promise<void> {
  const [from, to] = await Promise.all([input, path].map((one) => stat(one).catch(() => undefined)));
  if (from && to && from.ino === to.ino && from.dev === to.dev)
    throw new AudioCloudError(
      'REQUEST_INVALID',
      `Cannot write '${path}': the conversion reads that file; give another name`,
      {
        path: resolve(path),
      },
    );
}
