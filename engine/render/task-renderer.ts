import { GuardRunner } from '../guard/guard-runner.ts';
import { PageReader } from '../disk/page-reader.ts';
import { ClipPlayer } from './clip-player.ts';
import { HardwarePlayer } from './hardware-player.ts';
import { LanePlayer } from './lane-player.ts';
import { LivePlayer } from './live-player.ts';
import type { MemoryRunner } from './memory-runner.ts';
import { NotesPlayer } from './notes-player.ts';
import { placeInTask } from './place-in-task.ts';
import { ReportRing } from './report-ring.ts';
import { SinkRing } from './sink-ring.ts';
import { StepRunner } from './step-runner.ts';
import type { SinkImage, TaskImage } from './task-image.ts';
import { COMMAND, TaskShared, WORD } from './task-shared.ts';
import { Team } from './team.ts';

const NO_INPUT: Float32Array[] = [];
/** A gap within this time of a jump is that of the jump. */
const SEEK_SECONDS = 2;

interface Sink {
  image: SinkImage;
  ring: SinkRing;
  channels: Float32Array[];
  guard: GuardRunner | undefined;
}

/**
 * Renders one task, block by block, on the thread that made it; the control side speaks to it through TaskShared alone.
 *
 * Live and offline are this same class: the same commands at the same frames give the same bytes.
 */
export class TaskRenderer {
  readonly id: string;
  private readonly shared: TaskShared;
  private readonly words: Int32Array;
  private image: TaskImage;
  private readonly steps: StepRunner;
  private readonly runners: MemoryRunner[];
  private team: Team | undefined;
  private players: ClipPlayer[] = [];
  /** Of tracks with a live source. */
  private live: LivePlayer[] = [];
  /** Some clips are on the disk. */
  private hasPages = false;
  private hardware: HardwarePlayer[] = [];
  private sinks: Sink[] = [];
  private readonly lanes: LanePlayer;
  private readonly notes: NotesPlayer;
  private reports: ReportRing | undefined;
  /** Where the timeline was before a seek, while the block after it is crossfaded. */
  private jumpFrom = -1;
  /** This block is the last before a stop. */
  private ends = false;
  /**
   * The last part of a block left all instances, buffers and gains as they were, all silent, and nothing has come since: the
   * next one need not be run. So a task in which everything sleeps costs the same however many instances it has.
   */
  private isStill = false;
  private isStirred = false;
  /** An instance was muted in this part of a block, or is heard again from its beginning on. */
  private isBroken = false;
  /** Whether the branches of a block are left to other threads as well, where the image has branches. The sound is the same. */
  isShared = true;
  /** For how long, in ms or so, other threads may leave a branch undone. Offline nobody looks after them: then it throws. */
  patienceMs = Number.POSITIVE_INFINITY;

  /** Until where on the timeline nothing is to be played, when the task is still. */
  private silentUntil = -1;
  /** Frames that `rest` may owe. Offline nothing is: who renders a block reads it at once. */
  restFrames = 0;

  /** [render, between blocks] */
  constructor(image: TaskImage) {
    this.id = image.id;
    this.shared = new TaskShared(image.shared);
    this.words = this.shared.words;
    this.image = image;
    this.steps = new StepRunner(image);
    this.runners = this.steps.memories;
    this.lanes = new LanePlayer(this.runners);
    this.notes = new NotesPlayer(this.runners);
    this.update(image);
  }

  /** Goes over to a new image; memories, instances and shared state that stay keep what they hold. [render, between blocks] */
  update(image: TaskImage): void {
    if (this.sinks.length > 0) this.payOff();
    this.image = image;
    const { runners, steps } = this;
    steps.update(image);
    this.team = image.branches ? new Team(image.branches) : undefined;
    const pages = new Map<number, PageReader>();
    for (const { clips } of image.tracks)
      for (const { disk } of clips) {
        // clips that fade out may know of less memory than the others
        if (disk && disk.slabs.length > (pages.get(disk.id)?.slabCount ?? 0)) pages.set(disk.id, new PageReader(disk));
      }
    this.hasPages = pages.size > 0;
    this.players = image.tracks.map(
      ({ memory, addresses, flags, clips }) =>
        new ClipPlayer(
          clips,
          addresses.map((address) => steps.channel(memory, address)),
          runners[memory]!.views.u32,
          flags.map((flag) => flag >>> 2),
          pages,
        ),
    );
    this.live = image.tracks.flatMap(({ memory, addresses, flags, source }) => {
      if (!source) return [];
      const channels = addresses.map((address) => steps.channel(memory, address));
      const words = flags.map((flag) => flag >>> 2);
      return new LivePlayer(source, channels, runners[memory]!.views.u32, words, image.sampleRate);
    });
    this.hardware = image.hardware.map(
      (one) =>
        new HardwarePlayer(
          one,
          one.send.addresses.map((address) => steps.channel(one.send.memory, address)),
          one.return.addresses.map((address) => steps.channel(one.return.memory, address)),
          runners[one.return.memory]!.views.u32,
        ),
    );
    this.sinks = image.sinks.map((sink) => ({
      image: sink,
      ring: new SinkRing(sink.ring),
      channels: sink.addresses.map((address) => steps.channel(sink.memory, address)),
      guard: image.guard && sink.guard !== null ? new GuardRunner(image.guard, sink.guard, image.maxFrames) : undefined,
    }));
    this.reports = image.reports ? new ReportRing(image.reports.ring) : undefined;
    this.lanes.update(image.lanes);
    this.notes.update(image.notes);
    const { pokes, clears, carries, fades } = image;
    for (let c = 0; c < carries.length; c += 4)
      runners[carries[c]!]!.carry(carries[c + 1]!, carries[c + 2]!, carries[c + 3]!);
    for (let p = 0; p < pokes.length; p += 3) runners[pokes[p]!]!.views.i32[pokes[p + 1]! >>> 2] = pokes[p + 2]!;
    for (let c = 0; c < clears.length; c += 3) runners[clears[c]!]!.clear(clears[c + 1]!, clears[c + 2]!);
    for (let f = 0; f < fades.length; f += 4) runners[fades[f]!]!.fadeGain(fades[f + 1]!, fades[f + 3]!, fades[f + 2]!);
    this.stir();
    Atomics.store(this.words, WORD.generation, image.generation);
  }

  /**
   * Renders the next block. [render]
   *
   * frames: 1 to maxFrames. device: planar channels of the sound card, to which device sinks and sends to hardware are added.
   * input: what the sound card heard, of which hardware gives back its part.
   * An instance that gets more events than its list holds makes the block fall into parts: none is lost or late.
   */
  render(frames: number, device: Float32Array[], input: Float32Array[] = NO_INPUT): void {
    this.ends = false;
    this.renderFrom(0, frames, device, input);
  }

  /**
   * Finishes the block in which another renderer of this task was ended inside an instance. [render, between blocks]
   *
   * That instance is muted, what comes after it in the block is done, so all others go on as if nothing had been.
   * Returns its name; undefined when the other one was at no instance: then nothing is known, and nothing is done.
   */
  resume(device: Float32Array[]): string | undefined {
    const { words, image, runners } = this;
    const step = this.steps.stepInProgress;
    const place = placeInTask(image, step, 0);
    if (!place) return undefined;
    const frames = words[WORD.blockFrames]!;
    const part = words[WORD.part]!;
    this.stir();
    const record = runners[place.memory]!.passWedged(place.program, place.record, part);
    this.ends = false; // a stop is still among the commands
    const at = words[WORD.partAt]!;
    this.finishPart(at, part, device, step, record);
    this.renderFrom(at + part, frames, device, NO_INPUT); // what came in with that block is not known any more
    return place.name;
  }

  /**
   * Passes a block of `frames` frames over, if nothing can be heard in it and nothing has come for it: true, or it has to be
   * rendered. Its silence is written into the streams with a later block, at most `restFrames` late. [render]
   */
  rest(frames: number): boolean {
    if (!this.isStill) return false;
    const { words, shared } = this;
    const owed = words[WORD.owed]! + frames;
    if (words[WORD.playing] === 0 || shared.isGiven) return false;
    if (shared.positionFrame + owed >= this.silentUntil) return false;
    words[WORD.owed] = owed;
    Atomics.add(words, WORD.blocks, 1);
    if (owed > this.restFrames) this.payOff();
    return true;
  }

  /** Writes the silence that is owed. [render] */
  private payOff(): void {
    const { words, shared, sinks } = this;
    const owed = words[WORD.owed]!;
    if (owed === 0) return;
    const { streamFrame, positionFrame } = shared;
    for (let s = 0; s < sinks.length; s++)
      sinks[s]!.ring.writeSilence(owed, words[WORD.playId]!, streamFrame, positionFrame);
    shared.positionFrame = positionFrame + owed;
    shared.streamFrame = streamFrame + owed;
    words[WORD.owed] = 0;
  }

  private renderFrom(first: number, frames: number, device: Float32Array[], input: Float32Array[]): void {
    const { shared, words } = this;
    this.payOff();
    words[WORD.blockFrames] = frames;
    for (let at = first; at < frames; ) {
      const part = this.takeCommands(at, frames - at);
      if (words[WORD.playing] === 0) return;
      words[WORD.partAt] = at;
      words[WORD.part] = part;
      if (this.playTimeline(shared.positionFrame, part)) this.stir();
      for (let h = 0; h < this.hardware.length; h++) if (this.hardware[h]!.take(input, at, part)) this.stir();
      // where nothing is to be played for a while, the tracks are known to be silent
      const isSilent = this.isStill && shared.positionFrame + part < this.silentUntil;
      if (!isSilent && this.playTracks(shared.positionFrame, at, part, frames)) this.stir();
      for (let l = 0; l < this.live.length; l++) if (this.live[l]!.add(input, at, part)) this.stir();
      this.finishPart(at, part, device, 0, -1);
      at += part;
    }
    this.jumpFrom = -1;
    Atomics.add(words, WORD.blocks, 1);
    if (!this.ends) return;
    Atomics.store(words, WORD.playing, 0);
    const stop = words[WORD.taken]!; // taken only now, so that who waits for it finds the task stopped
    shared.note(stop, shared.streamFrame);
    shared.take(stop + 1);
  }

  /** All of a part of the block but the tracks, from a step on, and from a record on in that step (-1: its first). */
  private finishPart(at: number, part: number, device: Float32Array[], step: number, record: number): void {
    const { shared } = this;
    const streamFrame = shared.streamFrame;
    const position = shared.positionFrame;
    if (!this.isStill) {
      const { words } = this;
      const activity = Atomics.load(words, WORD.activity); // threads that help raise it
      this.runSteps(part, step, record);
      if (this.steps.takeFailure() || Atomics.exchange(words, WORD.failed, 0) !== 0) this.isBroken = true;
      const isActive = this.steps.takeActivity() || Atomics.load(words, WORD.activity) !== activity;
      this.isStill = !isActive && step === 0 && !this.isStirred && !this.isAnyGuardBusy();
      this.isStirred = false;
      Atomics.add(words, WORD.activity, 1);
      if (this.reports)
        this.reports.write(words[WORD.playId]!, streamFrame + part / 2, this.image.reports!.places, this.runners);
    }
    this.writeSinks(streamFrame, position, at, part, device);
    this.isBroken = false;
    shared.positionFrame = this.advance(position, part);
    shared.streamFrame = streamFrame + part;
    if (this.isStill && shared.positionFrame + 2 * part >= this.silentUntil)
      this.silentUntil = this.nextSound(shared.positionFrame);
  }

  /** Takes what it can of the commands for the next block, so that there is room for more. [render, between blocks] */
  takeAhead(frames: number): void {
    this.takeCommands(0, frames);
  }

  /**
   * Takes the commands that fall into the next `frames` frames, which begin at frame `at` of the block.
   * Returns how many frames can be rendered with what was taken.
   */
  private takeCommands(at: number, frames: number): number {
    const { shared, words, image } = this;
    const { numbers } = shared;
    const first = words[WORD.taken]!;
    let part = frames;
    let next = first;
    for (let word = shared.at(next); word >= 0; word = shared.at(next)) {
      const kind = words[word];
      const isPlaying = words[WORD.playing] === 1;
      const streamFrame = shared.streamFrame;
      const wanted = numbers[(word - 6) >> 1]!;
      if (isPlaying && wanted >= streamFrame + frames) break;
      // It names what only an image still on its way knows.
      if (isOfImage(kind!) && numbers[(word - 2) >> 1]! > image.generation) break;
      const frame = isPlaying && wanted > streamFrame ? wanted - streamFrame : 0;
      if (isPlaying && (kind === COMMAND.parameter || kind === COMMAND.midi)) {
        if (!this.pushEvent(word, frame)) {
          // The list is full: what comes before this frame first. At the first frame of all, a frame is rendered.
          if (frame > 0) next = this.giveBack(first, next, streamFrame + frame);
          part = Math.max(1, frame);
          break;
        }
      } else if (kind === COMMAND.gain) {
        this.setGain(word, isPlaying, frame);
      } else if (at > 0) {
        break; // all else begins with a block
      } else if (isPlaying && kind === COMMAND.stop) {
        this.ends = true;
        break;
      } else {
        this.obey(word, isPlaying);
      }
      shared.note(next, streamFrame + frame);
      shared.notePosition(next);
      if (frame > 0) shared.movePosition(next, this.advance(shared.positionFrame, frame));
      next++;
    }
    if (next !== first) this.stir();
    shared.take(next);
    return part;
  }

  /** A gain goes to its value, from a frame of the part on; at once when nothing plays. */
  private setGain(word: number, isPlaying: boolean, frame: number): void {
    const { words, runners, shared } = this;
    const runner = runners[words[word + 1]!]!;
    runner.fadeGain(words[word + 2]!, shared.numbers[(word - 4) >> 1]!, frame);
    if (!isPlaying) runner.settleGain(words[word + 2]!);
  }

  private pushEvent(word: number, frame: number): boolean {
    const { words, runners, shared } = this;
    const runner = runners[words[word + 1]!]!;
    const record = words[word + 2]!;
    if (words[word] === COMMAND.midi) return runner.pushMidi(record, frame, words[word + 3]!, words[word + 4]!);
    return runner.pushParameter(record, frame, words[word + 3]!, words[word + 4]!, shared.numbers[(word - 4) >> 1]!);
  }

  /** Takes the events of one stream frame out of their lists again: commands from `first` to before `next`. Returns which is next. */
  private giveBack(first: number, next: number, streamFrame: number): number {
    const { shared, words, runners } = this;
    let at = next;
    for (; at > first; at--) {
      const word = shared.at(at - 1);
      const isEvent = words[word] === COMMAND.parameter || words[word] === COMMAND.midi;
      if (!isEvent || shared.numbers[(word - 6) >> 1] !== streamFrame) break;
      runners[words[word + 1]!]!.popEvent(words[word + 2]!);
    }
    return at;
  }

  /** Carries out a command that is no event of a playing task. */
  private obey(word: number, isPlaying: boolean): void {
    const { shared, words, runners } = this;
    const value = shared.numbers[(word - 4) >> 1]!;
    switch (words[word]) {
      case COMMAND.parameter: {
        const runner = runners[words[word + 1]!]!;
        runner.pushParameter(words[word + 2]!, 0, words[word + 3]!, words[word + 4]!, value);
        runner.takeEvents(words[word + 2]!);
        return;
      }
      case COMMAND.play:
        this.begin(value, words[word + 1]!);
        return;
      case COMMAND.seek:
        if (isPlaying && this.jumpFrom < 0) this.jumpFrom = shared.positionFrame;
        shared.positionFrame = value;
        shared.jumpFrame = shared.streamFrame;
        return;
      case COMMAND.loop:
        shared.setLoop(value, shared.numbers[(word - 2) >> 1]!);
        return;
      case COMMAND.restart:
        runners[words[word + 1]!]!.replace(words[word + 2]!, words[word + 3]!);
        this.notes.renew(words[word + 1]!, words[word + 2]!);
        this.isBroken = true;
    }
  }

  /** Play from the start of this block, everything as new. */
  private begin(position: number, playId: number): void {
    const { shared, words, image, runners } = this;
    this.notes.begin(position);
    this.lanes.begin(position); // before the reset, so that nothing glides there
    for (let i = 0; i < image.instances.length; i++) {
      const instance = image.instances[i]!;
      runners[instance.memory]!.reset(instance.record);
    }
    const { histories, gains } = image;
    for (let g = 0; g < gains.length; g += 2) runners[gains[g]!]!.settleGain(gains[g + 1]!);
    for (let h = 0; h < histories.length; h += 3) runners[histories[h]!]!.clear(histories[h + 1]!, histories[h + 2]!);
    const { sinks } = this;
    for (let s = 0; s < sinks.length; s++) sinks[s]!.guard?.reset();
    this.jumpFrom = -1;
    shared.streamFrame = 0;
    shared.positionFrame = position;
    shared.jumpFrame = 0;
    for (let p = 0; p < this.players.length; p++) this.players[p]!.land();
    words[WORD.playId] = playId;
    words[WORD.blocks] = 0;
    Atomics.store(words, WORD.playing, 1);
  }

  /** Frames from `position` until the timeline jumps, at most `frames`. */
  private stretch(position: number, frames: number): number {
    const { loopStart, loopEnd } = this.shared;
    return loopEnd > loopStart && position < loopEnd ? Math.min(frames, loopEnd - position) : frames;
  }

  private advance(position: number, frames: number): number {
    const { loopStart, loopEnd } = this.shared;
    let at = position;
    for (let done = 0; done < frames; ) {
      const part = this.stretch(at, frames - done);
      at += part;
      done += part;
      if (loopEnd > loopStart && at === loopEnd) at = loopStart;
    }
    return at;
  }

  /** The first frame of the timeline, from `position` on, at which something is to be played, or from which it jumps. */
  private nextSound(position: number): number {
    const { players, lanes, notes } = this;
    const { loopStart, loopEnd } = this.shared;
    // what comes in is known when it is there
    if (!lanes.isEmpty || this.hardware.length > 0 || this.live.length > 0) return -1;
    let next = loopEnd > loopStart && position < loopEnd ? loopEnd : Number.POSITIVE_INFINITY;
    next = Math.min(next, notes.nextFrom(position));
    for (let p = 0; p < players.length; p++) next = Math.min(next, players[p]!.nextFrom(position));
    return next;
  }

  /** Something has come that a block may answer: the next one is run. */
  private stir(): void {
    this.isStill = false;
    this.silentUntil = -1;
    this.isStirred = true;
    Atomics.add(this.words, WORD.activity, 1);
  }

  /** What lanes and notes give the instances in the next `frames` frames. Returns whether there was anything. */
  private playTimeline(position: number, frames: number): boolean {
    const { lanes, notes } = this;
    if (lanes.isEmpty && notes.isEmpty) return false;
    const { loopStart, loopEnd } = this.shared;
    let at = position;
    let hasGiven = false;
    for (let done = 0; done < frames; ) {
      const part = this.stretch(at, frames - done);
      if (lanes.play(at, done, part)) hasGiven = true;
      if (notes.play(at, done, part)) hasGiven = true;
      at += part;
      done += part;
      if (loopEnd > loopStart && at === loopEnd) at = loopStart;
    }
    return hasGiven;
  }

  /** `frames` frames of every track, which begin at frame `from` of a block of `block` frames. Returns whether one is heard, or was until now. */
  private playTracks(position: number, from: number, frames: number, block: number): boolean {
    const { words, hasPages } = this;
    // the end before was never said where a renderer was ended in the middle; its mark must not come again
    if (hasPages) Atomics.store(words, WORD.reading, ((words[WORD.reading]! + 1) | 1) & 0x7fffffff);
    const isHeard = this.playClips(position, from, frames, block);
    if (hasPages) Atomics.store(words, WORD.reading, (words[WORD.reading]! + 1) & 0x7fffffff);
    return isHeard;
  }

  private playClips(position: number, from: number, frames: number, block: number): boolean {
    const { players, jumpFrom } = this;
    const { loopStart, loopEnd } = this.shared;
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
        const part = this.stretch(at, frames - done);
        const until = loopEnd > loopStart && at < loopEnd ? loopEnd : Number.POSITIVE_INFINITY;
        const rampFrom = isJump ? (from + done) / block : 1;
        const rampTo = isJump ? (from + done + part) / block : 1;
        if (player.add(at, done, part, rampFrom, rampTo, until, false)) isHeard = true;
        at += part;
        done += part;
        if (loopEnd > loopStart && at === loopEnd) at = loopStart;
      }
      if (player.isLate) isLate = true;
      player.isLate = false;
    }
    if (isLate) this.countLate();
    return isHeard;
  }

  /** Sound on the disk was not there in time. */
  private countLate(): void {
    const { shared, words, image } = this;
    const isSoon = shared.streamFrame - shared.jumpFrame < SEEK_SECONDS * image.sampleRate;
    Atomics.add(words, isSoon ? WORD.seekWaits : WORD.diskUnderruns, 1);
  }

  /** All steps of a part of the block; or, after another renderer was ended, those from a step on, and there from a record on. */
  private runSteps(frames: number, fromStep: number, fromRecord: number): void {
    const { steps, team, image } = this;
    const isBranch = fromStep >= image.wholeSteps;
    if (!team || (!isBranch && (fromStep > 0 || fromRecord >= 0 || !this.isShared))) {
      steps.run(fromStep, image.wholeSteps, frames, fromRecord);
      return;
    }
    const { firstStep, endStep } = image.branches!;
    if (isBranch) {
      const branch = branchOf(endStep, fromStep);
      steps.run(fromStep, endStep[branch]!, frames, fromRecord);
      team.complete(branch);
    } else team.open(frames);
    let idleMs = 0;
    for (let { done } = team; done < team.branches; done = team.done) {
      const branch = team.take();
      if (branch < 0) {
        steps.setWaiting(true);
        idleMs = team.await(done) ? 0 : idleMs + 1;
        steps.setWaiting(false);
        if (idleMs > this.patienceMs) throw new Error('another thread does not finish its branch of the task');
        continue;
      }
      steps.run(firstStep[branch]!, endStep[branch]!, frames);
      team.complete(branch);
    }
    team.close();
  }

  private isAnyGuardBusy(): boolean {
    const { sinks } = this;
    for (let s = 0; s < sinks.length; s++) if (sinks[s]!.guard?.isBusy) return true;
    return false;
  }

  /** What a guard makes of the next frames of a sink, in buffers of its own: who else hears these channels hears them as they are. */
  private guarded(guard: GuardRunner, channels: Float32Array[], frames: number): Float32Array[] {
    for (let c = 0; c < channels.length; c++) guard.channels[c]!.set(channels[c]!);
    guard.process(frames, this.isBroken);
    return guard.channels;
  }

  private writeSinks(
    streamFrame: number,
    position: number,
    from: number,
    frames: number,
    device: Float32Array[],
  ): void {
    const { sinks, words, ends, isStill } = this;
    const { loopStart, loopEnd } = this.shared;
    const playId = words[WORD.playId]!;
    const fall = ends ? -1 / frames : 0; // the last block before a stop fades out
    for (let s = 0; s < sinks.length; s++) {
      const { image, ring, guard } = sinks[s]!;
      const channels = guard && !isStill ? this.guarded(guard, sinks[s]!.channels, frames) : sinks[s]!.channels;
      let at = position;
      for (let done = 0; done < frames; ) {
        const part = this.stretch(at, frames - done);
        if (isStill) ring.writeSilence(part, playId, streamFrame + done, at);
        else
          ring.write(channels, done, part, playId, streamFrame + done, at, 1 + fall * done, 1 + fall * (done + part));
        at += part;
        done += part;
        if (loopEnd > loopStart && at === loopEnd) at = loopStart;
      }
      if (image.kind === 'device' && !isStill) addTo(device, image.firstChannel, channels, from, frames, fall);
    }
    if (!isStill) for (let h = 0; h < this.hardware.length; h++) this.hardware[h]!.give(device, from, frames, fall);
  }
}

/** Whether a command names what only the image that it was given for knows. */
function isOfImage(kind: number): boolean {
  return kind === COMMAND.parameter || kind === COMMAND.gain || kind === COMMAND.midi;
}

/** The branch that a step is in. No closure in `runSteps`: it would be allocated in every block. */
function branchOf(endStep: readonly number[] | Int32Array, step: number): number {
  let branch = 0;
  while (step >= endStep[branch]!) branch++;
  return branch;
}

function addTo(
  device: Float32Array[],
  first: number,
  channels: Float32Array[],
  at: number,
  frames: number,
  fall: number,
): void {
  for (let c = 0; c < channels.length && first + c < device.length; c++) {
    const to = device[first + c]!;
    const from = channels[c]!;
    for (let i = 0; i < frames; i++) to[at + i] = to[at + i]! + from[i]! * (1 + fall * (i + 1));
  }
}
