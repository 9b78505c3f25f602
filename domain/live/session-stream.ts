import { AudioCloudError, type Model, modelOf, type PacketFormat, type Task } from '@audiocloud/api';
import type { ActiveTask } from '../tasks/active-task.ts';
import type { TaskStream } from '../tasks/task-stream.ts';

/** What a session listens to. */
export interface Heard {
  node?: string;
  format: PacketFormat;
}

/** The audio stream of one live session. [control] */
export class SessionStream {
  readonly #task: ActiveTask;
  readonly #take: (packet: Uint8Array) => void;
  #heard: Heard | undefined;
  #stream: TaskStream | undefined;

  constructor(task: ActiveTask, take: (packet: Uint8Array) => void) {
    this.#task = task;
    this.#take = take;
  }

  /** Starts, or goes over to another node; before the engine has the task it begins as soon as it is loaded. */
  start({ node, format }: Heard): void {
    const { graph } = this.#task.record;
    const { id: task, models } = this.#task;
    const heard = node ?? Object.keys(graph.sinks ?? {})[0];
    if (heard === undefined)
      throw new AudioCloudError('SINK_UNKNOWN', 'Cannot listen to the first sink: the task has none; name a node', {
        task,
      });
    const why = whyUnheard(graph, heard, models);
    if (why) throw new AudioCloudError('NODE_UNKNOWN', `Cannot listen to '${heard}': ${why}`, { task, node: heard });
    this.#heard = { ...(node === undefined ? {} : { node }), format };
    this.#stream ??= this.#task.stream({ packet: this.#take, notice: () => undefined });
    this.#stream.change({ node: heard, format });
  }

  /** The engine has the task (again). */
  restart(): void {
    if (!this.#heard) return;
    try {
      this.start(this.#heard);
    } catch {
      // The node went with an edit; whoever listened to it sees that in the graph.
      this.stop();
    }
  }

  stop(): void {
    this.#stream?.end();
    this.#stream = undefined;
    this.#heard = undefined;
  }
}

/** Why a node of a task gives nothing to listen to; undefined when it does. */
function whyUnheard(graph: Task, node: string, models: readonly Model[]): string | undefined {
  const { tracks = {}, buses = {}, sinks = {}, instances = {} } = graph;
  if ([tracks, buses, sinks].some((part) => Object.hasOwn(part, node))) return undefined;
  if (!Object.hasOwn(instances, node)) return 'the task has no track, bus, instance or sink of that name';
  const instance = instances[node]!;
  if (instance.fixed !== undefined) return 'it is a fixed instance; listen to what it is connected to';
  const model = modelOf(models, instance);
  return !model || model.outputs.some(({ kind }) => kind === 'audio') ? undefined : `${model.id} has no audio output`;
}
