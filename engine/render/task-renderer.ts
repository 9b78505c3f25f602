import { type Commanded, CommandTaker } from './command-taker.ts';
import { HardwarePlayer } from './hardware-player.ts';
import { LanePlayer } from './lane-player.ts';
import { LivePlayer } from './live-player.ts';
import type { MemoryRunner } from './memory-runner.ts';
import { NotesPlayer } from './notes-player.ts';
import { placeInTask } from './place-in-task.ts';
import { ReportRing } from './report-ring.ts';
import { SharedSteps } from './shared-steps.ts';
import { SinkWriter } from './sink-writer.ts';
import { StepRunner } from './step-runner.ts';
import type { TaskImage } from './task-image.ts';
import { TaskShared, WORD } from './task-shared.ts';
import { Timeline } from './timeline.ts';
import { TracksPlayer } from './tracks-player.ts';

const NO_INPUT: Float32Array[] = [];

/**
 * Renders one task, block by block, on the thread that made it; the control side speaks to it through TaskShared alone.
 *
 * Live and offline are this same class: the same commands at the same frames give the same bytes.
 */
export class TaskRenderer implements Commanded {
  readonly id: string;
  private readonly shared: TaskShared;
  private readonly words: Int32Array;
  private image: TaskImage;
  private readonly steps: StepRunner;
  private readonly runners: MemoryRunner[];
  /** Says how branches are shared with other threads. */
  readonly sharing: SharedSteps;
  private readonly timeline: Timeline;
  private readonly commands: CommandTaker;
  private readonly tracks: TracksPlayer;
  /** Of tracks with a live source. */
  private live: LivePlayer[] = [];
  private hardware: HardwarePlayer[] = [];
  private readonly sinks: SinkWriter;
  private readonly lanes: LanePlayer;
  private readonly notes: NotesPlayer;
  private reports: ReportRing | undefined;
  /**
   * The last part of a block left all instances, buffers and gains as they were, all silent, and nothing has come since: the
   * next one need not be run. So a task in which everything sleeps costs the same however many instances it has.
   */
  private isStill = false;
  private isStirred = false;
  /** An instance was muted in this part of a block, or is heard again from its beginning on. */
  private isBroken = false;
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
    this.sharing = new SharedSteps(image, this.steps);
    this.timeline = new Timeline(this.shared);
    this.tracks = new TracksPlayer(this.shared, this.timeline);
    this.sinks = new SinkWriter(this.shared, this.timeline);
    this.commands = new CommandTaker(this.shared, this.timeline, this.runners, this);
    this.lanes = new LanePlayer(this.runners);
    this.notes = new NotesPlayer(this.runners);
    this.update(image);
  }

  /** Goes over to a new image; memories, instances and shared state that stay keep what they hold. [render, between blocks] */
  update(image: TaskImage): void {
    if (!this.sinks.isEmpty) this.payOff();
    this.image = image;
    const { runners, steps } = this;
    steps.update(image);
    this.sharing.update(image);
    this.commands.generation = image.generation;
    this.tracks.update(image, steps);
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
    this.sinks.update(image, steps);
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
    this.commands.isEnding = false;
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
    this.commands.isEnding = false; // a stop is still among the commands
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
    const { words, shared } = this;
    const owed = words[WORD.owed]!;
    if (owed === 0) return;
    this.sinks.writeSilence(owed);
    shared.positionFrame += owed;
    shared.streamFrame += owed;
    words[WORD.owed] = 0;
  }

  private renderFrom(first: number, frames: number, device: Float32Array[], input: Float32Array[]): void {
    const { shared, words } = this;
    this.payOff();
    words[WORD.blockFrames] = frames;
    for (let at = first; at < frames; ) {
      const part = this.commands.take(at, frames - at);
      if (words[WORD.playing] === 0) return;
      words[WORD.partAt] = at;
      words[WORD.part] = part;
      if (this.playTimeline(shared.positionFrame, part)) this.stir();
      for (let h = 0; h < this.hardware.length; h++) if (this.hardware[h]!.take(input, at, part)) this.stir();
      // where nothing is to be played for a while, the tracks are known to be silent
      const isSilent = this.isStill && shared.positionFrame + part < this.silentUntil;
      if (!isSilent && this.tracks.play(shared.positionFrame, at, part, frames)) this.stir();
      for (let l = 0; l < this.live.length; l++) if (this.live[l]!.add(input, at, part)) this.stir();
      this.finishPart(at, part, device, 0, -1);
      at += part;
    }
    this.tracks.endJump();
    Atomics.add(words, WORD.blocks, 1);
    if (this.commands.isEnding) this.commands.stop();
  }

  /** All of a part of the block but the tracks, from a step on, and from a record on in that step (-1: its first). */
  private finishPart(at: number, part: number, device: Float32Array[], step: number, record: number): void {
    const { shared } = this;
    if (!this.isStill) this.runPart(part, step, record);
    if (this.isStill) this.sinks.writeSilence(part);
    else {
      const fall = this.commands.isEnding ? -1 / part : 0; // the last block before a stop fades out
      this.sinks.write(device, at, part, this.isBroken, fall);
      for (let h = 0; h < this.hardware.length; h++) this.hardware[h]!.give(device, at, part, fall);
    }
    this.isBroken = false;
    shared.positionFrame = this.timeline.advance(shared.positionFrame, part);
    shared.streamFrame += part;
    if (this.isStill && shared.positionFrame + 2 * part >= this.silentUntil)
      this.silentUntil = this.nextSound(shared.positionFrame);
  }

  /** Runs the instances, and finds out whether the task is still. */
  private runPart(frames: number, step: number, record: number): void {
    const { words, shared } = this;
    const activity = Atomics.load(words, WORD.activity); // threads that help raise it
    this.sharing.run(frames, step, record);
    if (this.steps.takeFailure() || Atomics.exchange(words, WORD.failed, 0) !== 0) this.isBroken = true;
    const isActive = this.steps.takeActivity() || Atomics.load(words, WORD.activity) !== activity;
    this.isStill = !isActive && step === 0 && !this.isStirred && !this.sinks.isBusy;
    this.isStirred = false;
    Atomics.add(words, WORD.activity, 1);
    if (this.reports)
      this.reports.write(
        words[WORD.playId]!,
        shared.streamFrame + frames / 2,
        this.image.reports!.places,
        this.runners,
      );
  }

  /** Takes what it can of the commands for the next block, so that there is room for more. [render, between blocks] */
  takeAhead(frames: number): void {
    this.commands.take(0, frames);
  }

  /** See Commanded. [render, between parts of a block] */
  begin(position: number, playId: number): void {
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
    this.sinks.begin();
    shared.streamFrame = 0;
    shared.positionFrame = position;
    shared.jumpFrame = 0;
    this.tracks.begin();
    words[WORD.playId] = playId;
    words[WORD.blocks] = 0;
    Atomics.store(words, WORD.playing, 1);
  }

  /** See Commanded. [render, between parts of a block] */
  seek(position: number, isPlaying: boolean): void {
    const { shared } = this;
    if (isPlaying) this.tracks.leave(shared.positionFrame);
    shared.positionFrame = position;
    shared.jumpFrame = shared.streamFrame;
  }

  /** See Commanded. [render, between parts of a block] */
  restart(memory: number, record: number, layout: number): void {
    this.runners[memory]!.replace(record, layout);
    this.notes.renew(memory, record);
    this.isBroken = true;
  }

  /** The first frame of the timeline, from `position` on, at which something is to be played, or from which it jumps. */
  private nextSound(position: number): number {
    const { tracks, lanes, notes, timeline } = this;
    // what comes in is known when it is there
    if (!lanes.isEmpty || this.hardware.length > 0 || this.live.length > 0) return -1;
    return Math.min(timeline.jumpAfter(position), notes.nextFrom(position), tracks.nextFrom(position));
  }

  /** Something has come that a block may answer: the next one is run. [render, between parts of a block] */
  stir(): void {
    this.isStill = false;
    this.silentUntil = -1;
    this.isStirred = true;
    Atomics.add(this.words, WORD.activity, 1);
  }

  /** What lanes and notes give the instances in the next `frames` frames. Returns whether there was anything. */
  private playTimeline(position: number, frames: number): boolean {
    const { lanes, notes, timeline } = this;
    if (lanes.isEmpty && notes.isEmpty) return false;
    let at = position;
    let hasGiven = false;
    for (let done = 0; done < frames; ) {
      const part = timeline.stretch(at, frames - done);
      if (lanes.play(at, done, part)) hasGiven = true;
      if (notes.play(at, done, part)) hasGiven = true;
      at = timeline.after(at, part);
      done += part;
    }
    return hasGiven;
  }
}
