import type { StreamEar, StreamRequest } from '../engine/engine.ts';
import type { EngineTask } from './engine-task.ts';

export type NodeRequest = Omit<StreamRequest, 'task'>;

/** What somebody hears of a task, wherever it is: asked again, it goes on from the engine that has the task then. [control] */
export class TaskStream {
  readonly #place: () => EngineTask | undefined;
  readonly #ear: StreamEar;
  #from: EngineTask | undefined;
  #stream: ReturnType<EngineTask['stream']> | undefined;

  constructor(place: () => EngineTask | undefined, ear: StreamEar) {
    this.#place = place;
    this.#ear = ear;
  }

  /** Goes over to this node, and to the engine that has the task now. */
  change(request: NodeRequest): void {
    const now = this.#place();
    if (now && now === this.#from) this.#stream?.change(request);
    else {
      this.#stream?.end();
      this.#from = now;
      this.#stream = now?.stream(request, this.#ear);
    }
  }

  end(): void {
    this.#stream?.end();
    this.#stream = undefined;
    this.#from = undefined;
  }
}
