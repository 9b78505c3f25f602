import { AudioCloudError, type Instance, type Task } from '@audiocloud/api';
import { portWidths } from '../plan/graph-nodes.ts';
import type { Registry } from '../registry/registry.ts';
import type { TaskSounds } from '../media/disk-sound.ts';
import { instanceMedia } from './instance-media.ts';
import { instanceNumbers, TaskInstance } from './task-instance.ts';
import type { TaskMemories } from './task-memories.ts';

export interface InstanceMakerOptions {
  registry: Registry;
  memories: TaskMemories;
  /** Frames per second. */
  sampleRate: number;
  maxFrames: number;
  media: TaskSounds;
  /** Fixed instances are accepted, because somebody sets them. */
  hasFixed: boolean;
  /** What an instance of this name, when it is made, goes on from. */
  stateOf?: (name: string) => Uint8Array | undefined;
}

/** The graph in use and its dynamic instances. */
export interface InstancesInUse {
  graph: Task;
  instances: ReadonlyMap<string, TaskInstance>;
}

/** The dynamic instances of a graph: those of the graph in use that fit, and new ones. One use. [control] */
export class InstanceSet {
  readonly #options: InstanceMakerOptions;
  readonly #before: InstancesInUse | undefined;
  readonly #wanted: Record<string, Instance>;
  readonly #made: TaskInstance[] = [];
  readonly byName = new Map<string, TaskInstance>();

  constructor(options: InstanceMakerOptions, graph: Task, before: InstancesInUse | undefined) {
    this.#options = options;
    this.#wanted = graph.instances ?? {};
    this.#before = before;
  }

  /** Those that stay, but of which the graph says something else than before. */
  readonly changed: [name: string, instance: TaskInstance][] = [];

  /** Finds or makes all. Throws, naming the instance, what it refuses; then `undo` takes back what was made. */
  make(): void {
    const graphBefore = this.#before?.graph.instances ?? {};
    for (const name of Object.keys(this.#wanted)) {
      const wanted = this.#wanted[name]!;
      const before = this.#before?.instances.get(name);
      // it is the same object as in the graph in use, which nobody changes in place
      const isSame = before !== undefined && graphBefore[name] === wanted && this.#hearsTheSame(name, wanted, before);
      if (isSame) {
        this.byName.set(name, before);
        continue;
      }
      const kept = before && this.#mayStay(name, wanted, before) ? before : undefined;
      const instance = kept ?? this.#create(name, wanted);
      if (!instance) continue;
      if (kept) this.changed.push([name, kept]);
      else this.#made.push(instance);
      this.byName.set(name, instance);
    }
  }

  #hearsTheSame(name: string, wanted: Instance, before: TaskInstance): boolean {
    const { media } = this.#options;
    return wanted.media === undefined || before.hears(instanceMedia(name, wanted, before.model, media));
  }

  #mayStay(name: string, wanted: Instance, before: TaskInstance): boolean {
    const { model } = this.#options.registry.find(wanted.model);
    return before.fits(wanted, model) && this.#hearsTheSame(name, wanted, before);
  }

  /** Whether one was made for this graph in a memory. */
  hasMadeIn(memory: number): boolean {
    return this.#made.some((instance) => instance.memory === memory);
  }

  /** Takes back what was made, because the graph is refused. */
  undo(): void {
    for (const instance of this.#made) instance.dispose();
  }

  /** Undefined for a fixed instance, which is not rendered here. */
  #create(name: string, instance: Instance): TaskInstance | undefined {
    const { registry, memories, sampleRate, maxFrames, media, hasFixed, stateOf } = this.#options;
    const { model, plugin } = registry.find(instance.model);
    if (instance.fixed !== undefined || !plugin) {
      instanceNumbers(name, instance, model, portWidths(name, instance, model));
      if (!hasFixed || instance.fixed === undefined || plugin)
        throw new AudioCloudError(
          'GRAPH_INVALID',
          `Cannot make instance '${name}': ${model.id} is ${plugin ? 'a plugin, so it cannot be fixed' : 'hardware: name the fixed instance, and play it on an engine that has it'}`,
          { instance: name },
        );
      return undefined;
    }
    const saved = instance.state === undefined ? undefined : Buffer.from(instance.state, 'base64');
    const state = stateOf?.(name) ?? saved;
    const sounds = instanceMedia(name, instance, model, media);
    try {
      return new TaskInstance(name, instance, model, plugin, memories, sampleRate, maxFrames, sounds, state);
    } catch (error) {
      if (!(error instanceof AudioCloudError) || error.code !== 'INSTANCE_FAILED') throw error;
      const { code, message, details } = error;
      throw new AudioCloudError(
        code,
        `Cannot make instance '${name}': ${message}`,
        { ...details, instance: name },
        { cause: error },
      );
    }
  }
}
