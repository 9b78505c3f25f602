import { ArrivalSpread } from './arrival-spread.ts';
import { FrameRing } from './frame-ring.ts';
import { HeardLog, type HeardRun } from './heard-log.ts';
import { RunQueue } from './run-queue.ts';

export interface PlayoutOptions {
  /** Of what is pushed and of what is played. */
  channels: number;
  sampleRate: number;
  /** The delay that it begins with and never goes below; default 0.02. */
  leastDelaySeconds?: number;
  /** Unevenness beyond this is an outage rather than what the link is like; default 0.5. */
  mostDelaySeconds?: number;
  /** After a stall it goes on where it was, later than before; default: it skips to what is played now. */
  keepsPlace?: boolean;
  /** Plays up to 0.3 % faster or slower to hold the delay; default true. Without, every sample is the very one that came. */
  correctsDrift?: boolean;
}

/** Decoded frames of a stream. */
export interface PlayoutPiece {
  playId: number;
  streamFrame: number;
  timelineFrame: number;
  /** Interleaved. */
  samples: Float32Array;
}

/** What a buffer has done since it was made. Of each play: heard + lost + skipped + still in it = what came or should have come. */
export interface PlayoutFacts {
  /** Frames of the stream that were played. */
  heardFrames: number;
  /** Frames that never came. */
  lostFrames: number;
  /** Frames of silence that were played in place of lost ones. */
  concealedFrames: number;
  /** Frames that came and were left out. */
  skippedFrames: number;
  /** Frames of silence while the stream was late. */
  waitedFrames: number;
  /** How often the stream was late. */
  underruns: number;
  fillFrames: number;
  /** The delay behind the earliest packets that is aimed at. */
  targetFrames: number;
  /** 1 is the very speed of the stream. */
  speed: number;
  /** Of the next frame; what is heard is the one before. */
  playId: number;
  streamFrame: number;
  timelineFrame: number;
  isPlaying: boolean;
}

/** Where the stream goes on after a jump, what was heard fades out and what follows fades in: 5 ms at 48 kHz. */
export const FADE_FRAMES = 240;
const MOST_SPEED_CHANGE = 0.003;
// A deviation of 5 ms is corrected with 0.1 %; below 1 ms it is noise, and every sample stays as it is.
const CORRECTION_SECONDS = 5;
const QUIET_SECONDS = 0.001;
const SMOOTH_SECONDS = 1;
/** Beyond the spread of the link: what one call of the audio thread takes, and its own unevenness. */
const MARGIN_SECONDS = 0.006;
/** What is later than that, and half of the target, is left out rather than worked off. */
const SKIP_SECONDS = 0.03;
/** A longer gap is left out: silence of its length would only make what follows late. */
const CONCEAL_SECONDS = 0.25;
const UNDERRUN_GROWTH = 1.25;
/** Of what underruns have added: gone by a tenth each second. */
const FORGET_PER_SECOND = 0.9;

/**
 * Frames between a network that delivers as it can and an audio thread that takes them evenly. Times are frames of the audio thread.
 *
 * It plays so long behind the earliest packets as the last 4 s were uneven. Where it is later than that it skips, across a fade; small
 * deviations and clocks that run apart are made good by a speed that nobody hears. `pull` allocates nothing.
 */
export class PlayoutBuffer {
  readonly #ring: FrameRing;
  readonly #runs = new RunQueue();
  readonly #spread: ArrivalSpread;
  readonly #log = new HeardLog();
  /** What came out last, and what was that when a fade out began. */
  readonly #last: Float32Array;
  readonly #fallen: Float32Array;
  readonly #rate: number;
  readonly #leastFrames: number;
  readonly #mostFrames: number;
  readonly #keepsPlace: boolean;
  readonly #correctsDrift: boolean;
  #read = 0;
  #speed = 1;
  /** Seconds behind what is aimed at, smoothed. */
  #lateness = 0;
  #isPlaying = false;
  #playId = Number.NaN;
  #expected = 0;
  #expectedTimeline = 0;
  #arrivedAt = 0;
  /** It ran dry, and has not begun again: an underrun if more of the same comes. */
  #isDry = false;
  #isUnderrun = false;
  #dryFrames = 0;
  /** What underruns asked for beyond the spread of the link. */
  #floorFrames = 0;
  /** The delay that is kept because the place is. */
  #heldFrames = 0;
  #isToSkip = false;
  #rise = FADE_FRAMES;
  #fall = 0;
  /** Where the sound goes on that fades out; NaN: it is the last frame. */
  #fallFrom = Number.NaN;
  #lostFrames = 0;
  #heardFrames = 0;
  #concealedFrames = 0;
  #skippedFrames = 0;
  #waitedFrames = 0;
  #underruns = 0;

  constructor(options: PlayoutOptions) {
    const { channels, sampleRate, leastDelaySeconds = 0.02, mostDelaySeconds = 0.5 } = options;
    this.#rate = sampleRate;
    this.#leastFrames = Math.round(leastDelaySeconds * sampleRate);
    this.#mostFrames = Math.round(Math.max(leastDelaySeconds, mostDelaySeconds) * sampleRate);
    this.#keepsPlace = options.keepsPlace ?? false;
    this.#correctsDrift = options.correctsDrift ?? true;
    // a place that is kept lies up to the history of the sender behind
    this.#ring = new FrameRing(channels, Math.round((this.#keepsPlace ? 64 : 4 + mostDelaySeconds) * sampleRate));
    this.#spread = new ArrivalSpread(sampleRate);
    this.#last = new Float32Array(channels);
    this.#fallen = new Float32Array(channels);
  }

  facts(): PlayoutFacts {
    return {
      heardFrames: this.#heardFrames,
      lostFrames: this.#lostFrames,
      concealedFrames: this.#concealedFrames,
      skippedFrames: this.#skippedFrames,
      waitedFrames: this.#waitedFrames,
      underruns: this.#underruns,
      fillFrames: this.#ring.written - Math.floor(this.#read),
      targetFrames: this.#aim(),
      speed: this.#speed,
      playId: this.#runs.playId,
      streamFrame: this.#runs.streamFrameAt(Math.floor(this.#read)),
      timelineFrame: this.#runs.timelineFrameAt(Math.floor(this.#read)),
      isPlaying: this.#isPlaying,
    };
  }

  heardRuns(): HeardRun[] {
    return this.#log.runs();
  }

  /** Leaves out what is kept back, once. */
  skipToNow(): void {
    this.#heldFrames = 0;
    this.#isToSkip = true;
  }

  /** What has come, at `now`. A jump within a play is a loss; what came before is passed over. */
  push({ playId, streamFrame, timelineFrame, samples }: PlayoutPiece, now: number): void {
    const { channels } = this.#ring;
    let frames = samples.length / channels;
    const isOfSamePlay = playId === this.#playId;
    const repeated = isOfSamePlay ? Math.max(0, this.#expected - streamFrame) : 0;
    if (repeated >= frames) return;
    frames -= repeated;
    if (isOfSamePlay) this.#wasLate();
    else this.#begin(playId);
    const gap = isOfSamePlay ? Math.max(0, streamFrame - this.#expected) : 0;
    if (gap > 0) this.#lose(gap);
    this.#makeRoom(frames);
    if (now - this.#ring.written - this.#spread.earliestTransit <= this.#mostFrames || this.#spread.isEmpty)
      this.#spread.arrived(this.#ring.written, now);
    this.#arrivedAt = now;
    this.#ring.write(repeated > 0 ? samples.subarray(repeated * channels) : samples);
    this.#runs.push({
      playId,
      streamFrame: streamFrame + repeated,
      timelineFrame: timelineFrame + repeated,
      frames,
      isConcealed: false,
    });
    this.#expected = streamFrame + repeated + frames;
    this.#expectedTimeline = timelineFrame + repeated + frames;
  }

  /** Fills `outputs` (planar, one for each channel) for the frames that begin at `now`. [audio] */
  pull(outputs: readonly Float32Array[], now: number): void {
    const frames = outputs[0]?.length ?? 0;
    this.#floorFrames *= 1 + ((FORGET_PER_SECOND - 1) * frames) / this.#rate;
    if (this.#isPlaying) this.#steer(now, frames);
    else this.#startWhenReady(now, frames);
    for (let i = 0; i < frames; i++) this.#frame(outputs, i);
  }

  #frame(outputs: readonly Float32Array[], i: number): void {
    if (this.#isPlaying && this.#read >= this.#ring.written) this.#runDry();
    const rise = this.#rise < FADE_FRAMES ? ++this.#rise / (FADE_FRAMES + 1) : 1;
    const fall = this.#fall > 0 ? this.#fall-- / (FADE_FRAMES + 1) : 0;
    for (let c = 0; c < outputs.length; c++) {
      let sample = this.#isPlaying ? rise * this.#ring.at(this.#read, c) : 0;
      if (fall > 0)
        sample += fall * (Number.isNaN(this.#fallFrom) ? this.#fallen[c]! : this.#ring.at(this.#fallFrom, c));
      outputs[c]![i] = sample;
      this.#last[c] = sample;
    }
    if (fall > 0) this.#fallFrom += this.#speed;
    if (this.#isPlaying) this.#advance();
    else if (this.#isDry) this.#dryFrames++;
  }

  /** To the next frame, which may be of another run. */
  #advance(): void {
    const before = Math.floor(this.#read);
    this.#read += this.#speed;
    const after = Math.floor(this.#read);
    for (let place = before; place < after; place++) this.#played(place);
  }

  #played(place: number): void {
    if (this.#runs.isConcealed) this.#concealedFrames++;
    else {
      this.#heardFrames++;
      this.#log.heard(this.#runs.playId, this.#runs.streamFrameAt(place), 1);
    }
    if (this.#runs.nextStart <= place + 1) this.#enterRun(place + 1);
  }

  #enterRun(place: number): void {
    const { playId } = this.#runs;
    const wasConcealed = this.#runs.isConcealed;
    const goesTo = this.#runs.streamFrameAt(place);
    this.#runs.passed(place);
    const isJump =
      playId !== this.#runs.playId ||
      wasConcealed !== this.#runs.isConcealed ||
      goesTo !== this.#runs.streamFrameAt(place);
    if (isJump) this.#fade(Number.NaN);
  }

  /** What sounded fades out, from the last frame or from a place; what comes fades in unless it is the beginning of a play. */
  #fade(from: number): void {
    this.#fallFrom = this.#fall > 0 || this.#rise < FADE_FRAMES ? Number.NaN : from;
    this.#fall = FADE_FRAMES;
    this.#fallen.set(this.#last);
    this.#rise = this.#runs.streamFrameAt(Math.floor(this.#read)) === 0 ? FADE_FRAMES : 0;
  }

  #startWhenReady(now: number, frames: number): void {
    const fill = this.#ring.written - this.#read;
    if (fill <= 0) return;
    const aim = this.#aim();
    // what is shorter than the target is played when nothing follows
    if (fill < aim && now - this.#arrivedAt < aim) return;
    this.#isPlaying = true;
    this.#endDry();
    this.#lateness = 0;
    this.#runs.passed(Math.floor(this.#read));
    this.#rise = this.#runs.streamFrameAt(Math.floor(this.#read)) === 0 ? FADE_FRAMES : 0;
    this.#steer(now, frames);
  }

  #runDry(): void {
    this.#isPlaying = false;
    this.#isDry = true;
    this.#read = this.#ring.written;
    this.#speed = 1;
    this.#log.paused();
    this.#fade(Number.NaN);
  }

  /** More of the play that it ran out of: that was no end. */
  #wasLate(): void {
    if (!this.#isDry || this.#isUnderrun) return;
    this.#isUnderrun = true;
    this.#underruns++;
    this.#floorFrames = Math.min(this.#mostFrames, UNDERRUN_GROWTH * Math.max(this.#floorFrames, this.#wanted()));
  }

  #begin(playId: number): void {
    this.#playId = playId;
    this.#spread.begin();
    this.#heldFrames = 0;
    if (!this.#isUnderrun) this.#endDry();
    this.#expected = 0;
  }

  #endDry(): void {
    if (this.#isUnderrun) this.#waitedFrames += this.#dryFrames;
    this.#isDry = false;
    this.#isUnderrun = false;
    this.#dryFrames = 0;
  }

  #lose(frames: number): void {
    this.#lostFrames += frames;
    if (frames > CONCEAL_SECONDS * this.#rate) {
      this.#spread.begin(); // places before it and behind it cannot be compared
      return;
    }
    this.#makeRoom(frames);
    this.#ring.silence(frames);
    this.#runs.push({
      playId: this.#playId,
      streamFrame: this.#expected,
      timelineFrame: this.#expectedTimeline,
      frames,
      isConcealed: true,
    });
  }

  /** Leaves out what would be written over. */
  #makeRoom(frames: number): void {
    const over = this.#ring.written + frames - this.#ring.capacityFrames - Math.floor(this.#read);
    if (over > 0) this.#leaveOut(over);
  }

  #wanted(): number {
    return this.#spread.frames + MARGIN_SECONDS * this.#rate;
  }

  #aim(): number {
    const wanted = Math.max(this.#leastFrames, this.#wanted(), this.#floorFrames);
    return Math.max(Math.min(wanted, this.#mostFrames), this.#heldFrames);
  }

  /** Holds the delay: by skipping, or by a speed. */
  #steer(now: number, frames: number): void {
    const aim = this.#aim();
    if (this.#spread.isEmpty) return;
    const late = now - this.#read - this.#spread.earliestTransit - aim;
    const isFarBehind = late > Math.max(SKIP_SECONDS * this.#rate, aim / 2);
    if (isFarBehind || (this.#isToSkip && late > 0)) {
      if (this.#keepsPlace && !this.#isToSkip) this.#heldFrames = aim + late;
      else this.#leaveOut(Math.min(Math.floor(late), this.#ring.written - Math.ceil(this.#read)));
      this.#isToSkip = false;
      this.#lateness = 0;
      return;
    }
    if (!this.#correctsDrift) return;
    this.#lateness += (late / this.#rate - this.#lateness) * Math.min(1, frames / (SMOOTH_SECONDS * this.#rate));
    const seconds = this.#lateness;
    const beyond = Math.sign(seconds) * Math.max(0, Math.abs(seconds) - QUIET_SECONDS);
    this.#speed = 1 + Math.max(-MOST_SPEED_CHANGE, Math.min(MOST_SPEED_CHANGE, beyond / CORRECTION_SECONDS));
  }

  #leaveOut(frames: number): void {
    if (frames <= 0) return;
    const from = this.#read;
    const end = Math.floor(this.#read) + frames;
    // run by run: silence in place of lost frames is not skipped sound
    for (let place = Math.floor(this.#read); place < end; ) {
      const next = Math.min(end, this.#runs.nextStart);
      if (!this.#runs.isConcealed) this.#skippedFrames += next - place;
      place = next;
      this.#runs.passed(place);
    }
    this.#read += frames;
    if (this.#isPlaying) this.#fade(from);
  }
}
