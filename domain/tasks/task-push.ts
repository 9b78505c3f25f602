import type { EnginePush } from '../engine/engine.ts';
import type { EngineTask } from './engine-task.ts';

/** What somebody pushes into a track of a task, wherever it is: the next packet goes to the engine that has the task then. [control] */
export class TaskPush {
  readonly #place: () => EngineTask | undefined;
  readonly #track: string;
  #at: EngineTask | undefined;
  #push: EnginePush | undefined;

  constructor(place: () => EngineTask | undefined, track: string) {
    this.#place = place;
    this.#track = track;
  }

  /** Finds the engine. Throws ENGINE_UNABLE for one that takes no sound. */
  aim(): void {
    const now = this.#place();
    if (now === this.#at) return;
    this.end();
    this.#push = now?.push(this.#track);
    this.#at = now;
  }

  /** Sends a packet; false when it was left out: no engine has the task, or it takes none. */
  send(packet: Uint8Array): boolean {
    try {
      this.aim();
    } catch {
      return false;
    }
    return this.#push?.send(packet) ?? false;
  }

  end(): void {
    this.#push?.end();
    this.#push = undefined;
    this.#at = undefined;
  }
}
