import { PageReader } from '../disk/page-reader.ts';
import { ClipPlayer } from './clip-player.ts';
import type { StepRunner } from './step-runner.ts';
import type { TaskImage } from './task-image.ts';
import { type TaskShared, WORD } from './task-shared.ts';
import type { Timeline } from './timeline.ts';

/** A gap within this time of a jump is that of the jump. */
const SEEK_SECONDS = 2;

/** Plays the clips of all tracks of a task. [render] */
export class TracksPlayer {
  private readonly shared: TaskShared;
  private readonly words: Int32Array;
  private readonly timeline: Timeline;
  private sampleRate = 0;
  private players: ClipPlayer[] = [];
  /** Some clips are on the disk. */
  private hasPages = false;
  /** Where the timeline was before a seek, while the block after it is crossfaded. */
  private jumpFrom = -1;

  constructor(shared: TaskShared, timeline: Timeline) {
    this.shared = shared;
    this.words = shared.words;
    this.timeline = timeline;
  }

  /** Goes over to the tracks of an image that `steps` has already. [render, between blocks] */
  update({ tracks, sampleRate }: TaskImage, steps: StepRunner): void {
    this.sampleRate = sampleRate;
    const pages = new Map<number, PageReader>();
    for (const { clips } of tracks)
      for (const { disk } of clips) {
        // clips that fade out may know of less memory than the others
        if (disk && disk.slabs.length > (pages.get(disk.id)?.slabCount ?? 0)) pages.set(disk.id, new PageReader(disk));
      }
    this.hasPages = pages.size > 0;
    this.players = tracks.map(
      ({ memory, addresses, flags, clips }) =>
        new ClipPlayer(
          clips,
          addresses.map((address) => steps.channel(memory, address)),
          steps.memories[memory]!.views.u32,
          flags.map((flag) => flag >>> 2),
          pages,
        ),
    );
  }

  /** Play begins: nothing was heard before. */
  begin(): void {
    this.jumpFrom = -1;
    for (let p = 0; p < this.players.length; p++) this.players[p]!.land();
  }

  /** The playhead leaves `position` while it plays: what is there fades out in this block. */
  leave(position: number): void {
    if (this.jumpFrom < 0) this.jumpFrom = position;
  }

  /** The block after a jump is over. */
  endJump(): void {
    this.jumpFrom = -1;
  }

  /** The first frame of the timeline, from `position` on, at which a clip is heard. */
  nextFrom(position: number): number {
    const { players } = this;
    let next = Number.POSITIVE_INFINITY;
    for (let p = 0; p < players.length; p++) next = Math.min(next, players[p]!.nextFrom(position));
    return next;
  }

  /** `frames` frames of every track, which begin at frame `from` of a block of `block` frames. Returns whether one is heard, or was until now. */
  play(position: number, from: number, frames: number, block: number): boolean {
    const { words, hasPages } = this;
    // the end before was never said where a renderer was ended in the middle; its mark must not come again
    if (hasPages) Atomics.store(words, WORD.reading, ((words[WORD.reading]! + 1) | 1) & 0x7fffffff);
    const isHeard = this.playClips(position, from, frames, block);
    if (hasPages) Atomics.store(words, WORD.reading, (words[WORD.reading]! + 1) & 0x7fffffff);
    return isHeard;
  }

  private playClips(position: number, from: number, frames: number, block: number): boolean {
    const { players, jumpFrom, timeline } = this;
    const isJump = jumpFrom >= 0; // after a seek: one block of crossfade from where it was
    let isHeard = false;
    let isLate = false;
    for (let p = 0; p < players.length; p++) {
      const player = players[p]!;
      if (player.clear()) isHeard = true;
      if (isJump) {
        const rampFrom = 1 - from / block;
        const rampTo = 1 - (from + frames) / block;
        if (player.add(jumpFrom + from, 0, frames, rampFrom, rampTo, Number.POSITIVE_INFINITY, true)) isHeard = true;
        if (from === 0) player.land();
      }
      let at = position;
      for (let done = 0; done < frames; ) {
        const part = timeline.stretch(at, frames - done);
        const rampFrom = isJump ? (from + done) / block : 1;
        const rampTo = isJump ? (from + done + part) / block : 1;
        if (player.add(at, done, part, rampFrom, rampTo, timeline.jumpAfter(at), false)) isHeard = true;
        at = timeline.after(at, part);
        done += part;
      }
      if (player.isLate) isLate = true;
      player.isLate = false;
    }
    if (isLate) this.countLate();
    return isHeard;
  }

  /** Sound on the disk was not there in time. */
  private countLate(): void {
    const { shared, words, sampleRate } = this;
    const isSoon = shared.streamFrame - shared.jumpFrame < SEEK_SECONDS * sampleRate;
    Atomics.add(words, isSoon ? WORD.seekWaits : WORD.diskUnderruns, 1);
  }
}
