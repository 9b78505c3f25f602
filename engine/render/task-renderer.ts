import { ClipPlayer } from './clip-player.ts';
import { MemoryRunner } from './memory-runner.ts';
import { SinkRing } from './sink-ring.ts';
import { STEP, STEP_NUMBERS, type SinkImage, type TaskImage } from './task-image.ts';
import { COMMAND, TaskShared, WORD } from './task-shared.ts';

interface Sink {
  image: SinkImage;
  ring: SinkRing;
  channels: Float32Array[];
}

interface Copy {
  from: Float32Array;
  to: Float32Array;
}

const CONTINUES = 1;
const STOPS = 0;

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
  private readonly runners: MemoryRunner[] = [];
  private players: ClipPlayer[] = [];
  private sinks: Sink[] = [];
  private copies: Copy[] = [];
  private jumpFrom = -1;

  /** [render, between blocks] */
  constructor(image: TaskImage) {
    this.id = image.id;
    this.shared = new TaskShared(image.shared);
    this.words = this.shared.words;
    this.image = image;
    this.update(image);
  }

  /** Goes over to a new image; memories, instances and shared state that stay keep what they hold. [render, between blocks] */
  update(image: TaskImage): void {
    this.image = image;
    const { runners } = this;
    for (const runner of runners) runner.renewViews();
    for (let m = runners.length; m < image.memories.length; m++)
      runners.push(new MemoryRunner(image.memories[m]!, image.host));
    const view = (memory: number, address: number) =>
      runners[memory]!.views.f32.subarray(address >> 2, (address >> 2) + paddedFrames(image.maxFrames));
    this.players = image.tracks.map(
      ({ memory, addresses, clips }) =>
        new ClipPlayer(
          clips,
          addresses.map((address) => view(memory, address)),
        ),
    );
    this.sinks = image.sinks.map((sink) => ({
      image: sink,
      ring: new SinkRing(sink.ring),
      channels: sink.addresses.map((address) => view(sink.memory, address)),
    }));
    this.copies = [];
    const { steps, pokes, clears } = image;
    for (let s = 0; s < steps.length; s += STEP_NUMBERS) {
      if (steps[s] === STEP.copy)
        this.copies.push({ from: view(steps[s + 1]!, steps[s + 2]!), to: view(steps[s + 3]!, steps[s + 4]!) });
    }
    for (let p = 0; p < pokes.length; p += 3) runners[pokes[p]!]!.views.i32[pokes[p + 1]! >>> 2] = pokes[p + 2]!;
    for (let c = 0; c < clears.length; c += 3) runners[clears[c]!]!.clear(clears[c + 1]!, clears[c + 2]!);
    Atomics.store(this.words, WORD.generation, image.generation);
  }

  /**
   * Renders the next block. [render]
   *
   * frames: 1 to maxFrames. device: planar channels of the sound card, to which device sinks are added.
   */
  render(frames: number, device: Float32Array[]): void {
    const { shared } = this;
    const ends = this.takeCommands(frames) === STOPS;
    if (this.words[WORD.playing] === 0) return;
    const streamFrame = shared.streamFrame;
    const position = shared.positionFrame;
    this.playTracks(position, frames);
    this.runSteps(frames);
    this.writeSinks(streamFrame, position, frames, device, ends);
    shared.positionFrame = this.advance(position, frames);
    shared.streamFrame = streamFrame + frames;
    Atomics.add(this.words, WORD.blocks, 1);
    if (ends) Atomics.store(this.words, WORD.playing, 0);
  }

  /** Takes the commands that fall into this block. STOPS when it is the last one before a stop. */
  private takeCommands(frames: number): number {
    const { shared, words } = this;
    const { numbers } = shared;
    let outcome = CONTINUES;
    const taken = words[WORD.taken];
    for (let word = shared.next(); word >= 0; word = shared.next()) {
      const streamFrame = shared.streamFrame;
      const wanted = numbers[(word - 6) >> 1]!;
      const isPlaying = words[WORD.playing] === 1;
      if (isPlaying && wanted >= streamFrame + frames) break;
      const frame = isPlaying && wanted > streamFrame ? wanted - streamFrame : 0;
      if (words[word] === COMMAND.parameter && isPlaying) {
        if (
          !this.runners[words[word + 1]!]!.pushParameter(
            words[word + 2]!,
            words[word + 5]!,
            frame,
            words[word + 3]!,
            words[word + 4]!,
            numbers[(word - 4) >> 1]!,
          )
        )
          break;
      } else if (!this.obey(word, isPlaying)) {
        outcome = STOPS;
      }
      shared.take(streamFrame + frame);
    }
    if (words[WORD.taken] !== taken) Atomics.notify(words, WORD.taken);
    return outcome;
  }

  /** Carries out a command that is no event; false for a stop. */
  private obey(word: number, isPlaying: boolean): boolean {
    const { shared, words, runners } = this;
    const value = shared.numbers[(word - 4) >> 1]!;
    switch (words[word]) {
      case COMMAND.parameter: {
        const runner = runners[words[word + 1]!]!;
        runner.pushParameter(words[word + 2]!, words[word + 5]!, 0, words[word + 3]!, words[word + 4]!, value);
        runner.takeEvents(words[word + 2]!, words[word + 5]!);
        return true;
      }
      case COMMAND.play:
        this.begin(value, words[word + 1]!);
        return true;
      case COMMAND.stop:
        return !isPlaying;
      case COMMAND.seek:
        if (isPlaying) this.jumpFrom = shared.positionFrame;
        shared.positionFrame = value;
        return true;
      case COMMAND.loop:
        shared.setLoop(value, shared.numbers[(word - 2) >> 1]!);
        return true;
      case COMMAND.gain:
        runners[words[word + 1]!]!.setGain(words[word + 2]!, value, isPlaying ? words[word + 3]! : 0);
        return true;
    }
    return true;
  }

  /** Play from the start of this block, everything as new. */
  private begin(position: number, playId: number): void {
    const { shared, words, image, runners } = this;
    for (let i = 0; i < image.instances.length; i++) {
      const instance = image.instances[i]!;
      runners[instance.memory]!.reset(instance.layout, instance.record);
    }
    const { histories } = image;
    for (let h = 0; h < histories.length; h += 3) runners[histories[h]!]!.clear(histories[h + 1]!, histories[h + 2]!);
    this.jumpFrom = -1;
    shared.streamFrame = 0;
    shared.positionFrame = position;
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

  private playTracks(position: number, frames: number): void {
    const { players, jumpFrom } = this;
    const { loopStart, loopEnd } = this.shared;
    const fadeFrom = jumpFrom >= 0 ? 0 : 1; // after a seek: one block of crossfade from where it was
    for (let p = 0; p < players.length; p++) {
      const player = players[p]!;
      player.clear();
      if (jumpFrom >= 0) player.add(jumpFrom, 0, frames, 1, 0);
      let at = position;
      for (let done = 0; done < frames; ) {
        const part = this.stretch(at, frames - done);
        const from = fadeFrom + ((1 - fadeFrom) * done) / frames;
        const to = fadeFrom + ((1 - fadeFrom) * (done + part)) / frames;
        player.add(at, done, part, from, to);
        at += part;
        done += part;
        if (loopEnd > loopStart && at === loopEnd) at = loopStart;
      }
    }
    this.jumpFrom = -1;
  }

  private runSteps(frames: number): void {
    const { runners, copies } = this;
    const { steps } = this.image;
    let copy = 0;
    for (let s = 0; s < steps.length; s += STEP_NUMBERS) {
      if (steps[s] === STEP.run) runners[steps[s + 1]!]!.run(steps[s + 2]!, steps[s + 3]!, steps[s + 4]!, frames);
      else {
        copies[copy]!.to.set(copies[copy]!.from);
        copy++;
      }
    }
  }

  private writeSinks(
    streamFrame: number,
    position: number,
    frames: number,
    device: Float32Array[],
    ends: boolean,
  ): void {
    const { sinks, words } = this;
    const { loopStart, loopEnd } = this.shared;
    const playId = words[WORD.playId]!;
    const fall = ends ? -1 / frames : 0; // the last block before a stop fades out
    for (let s = 0; s < sinks.length; s++) {
      const { image, ring, channels } = sinks[s]!;
      let at = position;
      for (let done = 0; done < frames; ) {
        const part = this.stretch(at, frames - done);
        ring.write(channels, done, part, playId, streamFrame + done, at, 1 + fall * done, 1 + fall * (done + part));
        at += part;
        done += part;
        if (loopEnd > loopStart && at === loopEnd) at = loopStart;
      }
      if (image.kind === 'device') addTo(device, image.firstChannel, channels, frames, fall);
    }
  }
}

function paddedFrames(frames: number): number {
  return (frames + 3) & ~3;
}

function addTo(device: Float32Array[], first: number, channels: Float32Array[], frames: number, fall: number): void {
  for (let c = 0; c < channels.length && first + c < device.length; c++) {
    const to = device[first + c]!;
    const from = channels[c]!;
    for (let i = 0; i < frames; i++) to[i] = to[i]! + from[i]! * (1 + fall * (i + 1));
  }
}
