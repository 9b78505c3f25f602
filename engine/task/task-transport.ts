import { AudioCloudError, type Task, type TransportChange, type TransportState } from '@audiocloud/api';
import { COMMAND } from '../render/task-shared.ts';
import type { TaskCommands } from './task-commands.ts';

type Loop = NonNullable<Task['loop']>;

/** Most commands that one change of the transport takes. */
export const TRANSPORT_COMMANDS = 3;

/** Play, stop, seek and loop of one task. [control] */
export class TaskTransport {
  readonly #commands: TaskCommands;
  readonly #sampleRate: number;
  readonly #beforePlay: () => void;
  #playId = 0;
  /** What `change` last asked for: the renderer may be a block behind. */
  #isAskedToPlay = false;
  /** In use, or on its way to the renderer. */
  loop: Loop | undefined;

  /** beforePlay: called before the command that begins to play is given. */
  constructor(commands: TaskCommands, sampleRate: number, beforePlay: () => void) {
    this.#commands = commands;
    this.#sampleRate = sampleRate;
    this.#beforePlay = beforePlay;
  }

  /** It plays, or will from its next block on. */
  get isPlaying(): boolean {
    return this.#isAskedToPlay || this.#commands.shared.playing;
  }

  /** Carries out what a client wants; resolves when the renderer took it. Throws REQUEST_INVALID, RATE_LIMITED at once. */
  change({ play, positionSeconds, loop }: TransportChange): Promise<TransportState> {
    const { shared } = this.#commands;
    this.#commands.refuseWithoutRoom(TRANSPORT_COMMANDS);
    if (loop && loop.endSeconds <= loop.startSeconds)
      throw new AudioCloudError(
        'REQUEST_INVALID',
        `Cannot loop from ${loop.startSeconds} s to ${loop.endSeconds} s: the end must be after the start`,
      );
    let last = loop === undefined ? -1 : this.giveLoop(loop ?? undefined);
    const isPlaying = this.#isAskedToPlay;
    const position =
      positionSeconds === undefined ? shared.positionFrame : Math.round(positionSeconds * this.#sampleRate);
    if (positionSeconds !== undefined) last = this.#commands.give({ kind: COMMAND.seek, value: position });
    if (play === true && !isPlaying) this.#beforePlay();
    if (play === true && !isPlaying)
      last = this.#commands.give({ kind: COMMAND.play, value: position, a: ++this.#playId });
    if (play === false && isPlaying) last = this.#commands.give({ kind: COMMAND.stop });
    this.#isAskedToPlay = play ?? isPlaying;
    return this.#taken(last, play ?? isPlaying);
  }

  async #taken(command: number, playing: boolean): Promise<TransportState> {
    if (command >= 0) await this.#commands.shared.taken(command);
    return { ...this.state(), playing };
  }

  state(): TransportState {
    const { playing, positionFrame, streamFrame } = this.#commands.shared;
    return {
      playing,
      sampleRate: this.#sampleRate,
      positionFrames: positionFrame,
      streamFrame,
      playId: this.#playId,
      loop: this.loop ?? null,
    };
  }

  /** Returns the number of the command. Throws RATE_LIMITED. */
  giveLoop(loop: Loop | undefined): number {
    const toFrames = (seconds: number) => Math.round(seconds * this.#sampleRate);
    const number = this.#commands.give({
      kind: COMMAND.loop,
      value: loop ? toFrames(loop.startSeconds) : 0,
      value2: loop ? toFrames(loop.endSeconds) : 0,
    });
    this.loop = loop;
    return number;
  }
}
