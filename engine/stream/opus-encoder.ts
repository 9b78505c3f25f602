import { joinParts, OPUS_RATE, partChannels } from '@audiocloud/api/packet';
import { OPUS_DELAY_FRAMES, OPUS_MOST_MS, OpusPacketEncoder } from '../codec/opus-packet-encoder.ts';
import type { CodedPiece, PieceEncoder } from './coded-piece.ts';
import { measureSamples } from './measure-samples.ts';
import type { Piece } from './sink-reader.ts';
import { StreamResampler } from './stream-resampler.ts';

/** That libopus begins with: 10, the most, takes more time than listeners have. */
const COMPLEXITY = 9;

export interface OpusEncoderOptions {
  channels: number;
  /** Of the task. */
  sampleRate: number;
  /** Of each two channels. */
  bitRate: number;
  packetMs: number;
}

/** Where frames at 48 kHz belong, from `at` on. */
interface Mark {
  at: number;
  streamFrame: number;
  timelineFrame: number;
}

/** What one run of frames without a hole has by now. */
interface Run {
  playId: number;
  /** The frame of the stream that must come next. */
  nextFrame: number;
  encoders: OpusPacketEncoder[];
  resampler: StreamResampler | undefined;
  marks: Mark[];
  /** Sound at 48 kHz from frame `start` of the run on. */
  planes: Float32Array[];
  start: number;
  /** Frames given to the encoder, silence at the end among them. */
  encoded: number;
}

/**
 * Opus packets of the same length, each two channels coupled. [stream thread]
 *
 * What a packet decodes to lies OPUS_DELAY_FRAMES before what was given for it. Its header, its meters and its reports are of what
 * it decodes to, so a packet that ends at frame n is sent when frame n + delay is there. Timelines that jump cut no packet: the
 * position is that of its first frame.
 */
export class OpusEncoder implements PieceEncoder {
  readonly sampleRate = OPUS_RATE;
  readonly #options: OpusEncoderOptions;
  readonly #packetFrames: number;
  /** Of each Opus packet: longer ones of ours hold several. */
  readonly #opusFrames: number;
  #run: Run | undefined;

  constructor(options: OpusEncoderOptions) {
    this.#options = options;
    this.#packetFrames = (OPUS_RATE * options.packetMs) / 1000;
    this.#opusFrames = Math.min(this.#packetFrames, (OPUS_RATE * OPUS_MOST_MS) / 1000);
  }

  encode(piece: Piece): CodedPiece[] {
    const { channels, sampleRate } = this.#options;
    const { playId, streamFrame, timelineFrame, frames, samples } = piece;
    const done: CodedPiece[] = [];
    if (this.#run && (this.#run.playId !== playId || this.#run.nextFrame !== streamFrame)) done.push(...this.flush());
    this.#run ??= this.#begin(playId, streamFrame);
    const run = this.#run;
    const { marks } = run;
    const at = ((run.nextFrame - marks[0]!.streamFrame) * OPUS_RATE) / sampleRate + marks[0]!.at;
    const before = marks.at(-1)!;
    const follows = before.timelineFrame + (streamFrame - before.streamFrame) === timelineFrame;
    if (!follows) {
      if (at === marks[0]!.at) marks.length = 0;
      marks.push({ at, streamFrame, timelineFrame });
    }
    run.nextFrame += frames;
    const planes = Array.from({ length: channels }, (_, c) =>
      Float32Array.from({ length: frames }, (_, i) => samples[i * channels + c]!),
    );
    append(run, run.resampler ? run.resampler.push(planes) : planes);
    while (end(run) >= run.encoded + this.#packetFrames) done.push(...this.#packet(run, Number.POSITIVE_INFINITY));
    return done;
  }

  flush(): CodedPiece[] {
    const run = this.#run;
    if (!run) return [];
    this.#run = undefined;
    try {
      return this.#rest(run);
    } finally {
      for (const encoder of run.encoders) encoder.close();
    }
  }

  close(): void {
    for (const encoder of this.#run?.encoders ?? []) encoder.close();
    this.#run = undefined;
  }

  #begin(playId: number, streamFrame: number): Run {
    const { channels, sampleRate, bitRate } = this.#options;
    return {
      playId,
      nextFrame: streamFrame,
      encoders: partChannels('opus', channels).map(
        (width) => new OpusPacketEncoder({ channels: width, bitRate, complexity: COMPLEXITY, code: 'STREAM_FORMAT' }),
      ),
      resampler: sampleRate === OPUS_RATE ? undefined : new StreamResampler(sampleRate, OPUS_RATE, channels),
      // the first piece puts its own timeline here
      marks: [{ at: 0, streamFrame, timelineFrame: Number.NaN }],
      planes: Array.from({ length: channels }, () => new Float32Array(0)),
      start: 0,
      encoded: 0,
    };
  }

  /** What the run has still to give: its sound is over. */
  #rest(run: Run): CodedPiece[] {
    if (run.resampler) append(run, run.resampler.flush());
    const done: CodedPiece[] = [];
    const last = end(run);
    while (run.encoded - OPUS_DELAY_FRAMES < last) {
      const short = run.encoded + this.#packetFrames - end(run);
      if (short > 0)
        append(
          run,
          run.planes.map(() => new Float32Array(short)),
        );
      done.push(...this.#packet(run, last));
    }
    return done;
  }

  /** The next packet; `last`: frames of the run that are sound. */
  #packet(run: Run, last: number): CodedPiece[] {
    const { channels, sampleRate } = this.#options;
    const from = run.encoded;
    const parts: Uint8Array[] = [];
    for (let at = from; at < from + this.#packetFrames; at += this.#opusFrames) {
      let channel = 0;
      for (const encoder of run.encoders) {
        const into = encoder.samples();
        for (let c = 0; c < encoder.channels; c++, channel++)
          toIntegers(run.planes[channel]!, at - run.start, this.#opusFrames, into.subarray(c), encoder.channels);
        parts.push(encoder.encode(this.#opusFrames).slice());
      }
    }
    run.encoded += this.#packetFrames;
    const first = Math.max(0, from - OPUS_DELAY_FRAMES);
    const frames = Math.min(last, run.encoded - OPUS_DELAY_FRAMES) - first;
    const heard = new Float32Array(frames * channels);
    for (let c = 0; c < channels; c++) {
      const plane = run.planes[c]!;
      for (let i = 0, to = c; i < frames; i++, to += channels) heard[to] = plane[first - run.start + i]!;
    }
    const { marks } = run;
    while (marks.length > 1 && marks[1]!.at <= first) marks.shift();
    const mark = marks[0]!;
    const since = ((first - mark.at) * sampleRate) / OPUS_RATE;
    const keep = Math.max(0, run.encoded - OPUS_DELAY_FRAMES);
    run.planes = run.planes.map((plane) => plane.subarray(keep - run.start));
    run.start = keep;
    return [
      {
        playId: run.playId,
        streamFrame: mark.streamFrame + since,
        timelineFrame: mark.timelineFrame + since,
        frames,
        skipFrames: first - (from - OPUS_DELAY_FRAMES),
        begins: from === 0,
        payload: joinParts(parts),
        meters: measureSamples(heard, channels),
      },
    ];
  }
}

/** Rounded to 16 bits, and clipped; each `step`-th of `into`. */
function toIntegers(plane: Float32Array, first: number, frames: number, into: Int16Array, step: number): void {
  for (let i = 0, to = 0; i < frames; i++, to += step)
    into[to] = Math.max(-32768, Math.min(32767, Math.round(plane[first + i]! * 32768)));
}

const end = (run: Run): number => run.start + run.planes[0]!.length;

function append(run: Run, planes: readonly Float32Array[]): void {
  run.planes = run.planes.map((plane, c) => {
    const longer = new Float32Array(plane.length + planes[c]!.length);
    longer.set(plane);
    longer.set(planes[c]!, plane.length);
    return longer;
  });
}
