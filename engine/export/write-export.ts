import { randomUUID } from 'node:crypto';
import {
  AudioCloudError,
  type ExportedFiles,
  type ExportOutput,
  type LoudnessLink,
  type MediaLoudness,
  settleOutput,
} from '@audiocloud/api';
import { createSoundWriter, type SoundWriter } from '../media/encode/sound-writer.ts';
import { Loudness } from '../media/loudness.ts';
import { linkedGains } from './linked-gains.ts';
import { createSoundSpool, type SoundSpool } from './sound-spool.ts';

/** A piece of sound, the same frames of each sink. The arrays are used again for the next piece. */
export interface ExportPiece {
  sinks: readonly (readonly Float32Array[])[];
  frames: number;
}

/** What is exported. */
export interface ExportSound {
  sampleRate: number;
  /** Exact; undefined: nobody knows before its end. */
  frames: number | undefined;
  /** About, to tell how far it is where `frames` is not known. */
  expectedFrames?: number;
  sinks: readonly { name: string; channels: number }[];
  pieces(): AsyncIterable<ExportPiece>;
}

export interface WriteExportOptions {
  outputs: readonly ExportOutput[];
  loudnessLink?: LoudnessLink;
  signal?: AbortSignal;
  /** Called a few times a second and at the end: frames of all passes, and bytes that a reader of each growing file finds. */
  onProgress?: (frames: number, ofFrames: number, bytes: number[]) => void;
  /** false: without loudness in the answer, which costs time. Default true. */
  isMeasured?: boolean;
}

const PROGRESS_MS = 200;

/** One file, while it is made. */
interface Way {
  output: ExportOutput;
  /** Index of its sink. */
  sink: number;
  channels: number;
  writer?: SoundWriter;
  /** With a loudness target: where its sound is until its gain is known. */
  spool?: SoundSpool;
}

/**
 * Writes a sound that passes once to all outputs. Outputs with a loudness target are kept as they come, beside their files, until their
 * gain is known, and written in a second pass. Files get their names when all of them are whole. [encode]
 *
 * Throws SINK_UNKNOWN, REQUEST_INVALID (settleOutput, linkedGains), RENDER_CANCELLED, RENDER_FAILED, and what the pieces throw; then
 * nothing is left, and what was there is as it was.
 */
export async function writeExport(sound: ExportSound, options: WriteExportOptions): Promise<ExportedFiles['outputs']> {
  const { signal, onProgress, loudnessLink = 'each', isMeasured = true } = options;
  const ways = options.outputs.map((output) => wayOf(sound, output));
  checkLink(ways, loudnessLink);
  const spooled = ways.filter(({ output }) => output.loudness);
  const passFrames = Math.max(1, sound.frames ?? sound.expectedFrames ?? 1);
  const ofFrames = passFrames * (spooled.length > 0 ? 2 : 1);
  let told = performance.now();
  const tell = (frames: number) => {
    told = performance.now();
    onProgress?.(
      Math.min(ofFrames, Math.floor(frames)),
      ofFrames,
      ways.map(({ writer }) => writer?.readableBytes ?? 0),
    );
  };
  const step = (frames: number) => {
    if (signal?.aborted)
      throw new AudioCloudError(
        'RENDER_CANCELLED',
        `Cannot finish the export: it was cancelled after ${Math.floor(frames)} of ${ofFrames} frames`,
      );
    if (performance.now() - told > PROGRESS_MS) tell(frames);
  };
  const openWriter = async (way: Way, sampleRate: number, frames: number | undefined, gainDb: number) => {
    const { output, channels } = way;
    way.writer = await createSoundWriter(output.path, {
      output,
      source: { sampleRate, channels, frames },
      seed: ways.indexOf(way),
      gainDb,
      isMeasured,
      ...(output.partPath === undefined ? {} : { partPath: output.partPath }),
    });
    return way.writer;
  };
  try {
    for (const way of ways) {
      if (way.output.loudness) way.spool = await openSpool(way, sound);
      else await openWriter(way, sound.sampleRate, sound.frames, 0);
    }
    const sum = loudnessLink === 'sum' && spooled[0] ? createSum(sound.sampleRate, spooled[0].channels) : undefined;
    let done = 0;
    for await (const { sinks, frames } of sound.pieces()) {
      for (const way of ways) await (way.spool ?? way.writer)!.write(sinks[way.sink]!, frames);
      sum?.add(
        spooled.map((way) => sinks[way.sink]!),
        frames,
      );
      done += frames;
      step(Math.min(done, passFrames));
    }
    const measured = await Promise.all(spooled.map(({ spool }) => spool!.end()));
    const gains = linkedGains(
      spooled.map(({ output }) => output.loudness!),
      measured,
      loudnessLink,
      sum?.result(),
    );
    for (const [i, way] of spooled.entries()) {
      const { sampleRate, frames } = way.spool!;
      const writer = await openWriter(way, sampleRate, frames, gains[i]!.gainDb);
      const before = passFrames * (1 + i / spooled.length);
      let written = 0;
      for await (const piece of way.spool!.pieces()) {
        await writer.write(piece.planes, piece.frames);
        written += piece.frames;
        step(before + (passFrames * written) / frames / spooled.length);
      }
    }
    const files = [];
    for (const way of ways) {
      const gain = gains[spooled.indexOf(way)];
      const file = { ...(await way.writer!.end()), sink: sound.sinks[way.sink]!.name, path: way.output.path };
      files.push(gain ? { ...file, ...gain } : file);
      step(ofFrames);
    }
    for (const { writer } of ways) await writer!.commit();
    tell(ofFrames);
    return files;
  } catch (error) {
    await Promise.all(ways.map(({ writer }) => writer?.abort()));
    throw error;
  } finally {
    await Promise.all(ways.map(({ spool }) => spool?.remove()));
  }
}

/** Throws SINK_UNKNOWN, REQUEST_INVALID. */
function wayOf({ sinks, sampleRate }: ExportSound, output: ExportOutput): Way {
  const sink = output.sink === undefined ? 0 : sinks.findIndex(({ name }) => name === output.sink);
  if (!sinks[sink])
    throw new AudioCloudError('SINK_UNKNOWN', `Cannot export '${output.sink}': there is no such sink`, {
      sink: output.sink,
    });
  const { channels } = sinks[sink];
  settleOutput(output, { sampleRate, channels });
  return { output, sink, channels };
}

/** Throws REQUEST_INVALID: what is added up has one number of channels. */
function checkLink(ways: readonly Way[], link: LoudnessLink): void {
  const widths = new Set(ways.filter(({ output }) => output.loudness).map(({ channels }) => channels));
  if (link === 'sum' && widths.size > 1)
    throw new AudioCloudError(
      'REQUEST_INVALID',
      `Cannot link the loudness of the sum of outputs with ${[...widths].join(' and ')} channels: wanted one width; link it to the first`,
    );
}

/** At the rate of the file, so that nothing changes the true peak behind it. */
function openSpool({ output, channels }: Way, { sampleRate, frames }: ExportSound): Promise<SoundSpool> {
  const settled = settleOutput(output, { sampleRate, channels });
  const path = `${output.path}.${randomUUID().slice(0, 8)}.spool`;
  return createSoundSpool(path, { sampleRate, channels, frames }, settled);
}

/** How loud several sounds are together. */
function createSum(sampleRate: number, channels: number) {
  const loudness = new Loudness(sampleRate, channels);
  let planes = Array.from({ length: channels }, () => new Float32Array(0));
  return {
    add(sounds: readonly (readonly Float32Array[])[], frames: number) {
      if (planes[0]!.length < frames) planes = planes.map(() => new Float32Array(frames));
      for (let c = 0; c < channels; c++) {
        const plane = planes[c]!;
        for (let i = 0; i < frames; i++) {
          let value = 0;
          for (const sound of sounds) value += sound[c]![i]!;
          plane[i] = value;
        }
      }
      loudness.add(planes, frames);
    },
    result: (): MediaLoudness => loudness.result(),
  };
}
