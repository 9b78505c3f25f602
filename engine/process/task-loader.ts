import type { InstanceState, Task } from '@audiocloud/api';
import type { Admission, Entry } from '../admission/admission.ts';
import type { DiskSettings } from '../disk/disk-settings.ts';
import type { DiskStreams } from '../disk/disk-streams.ts';
import type { SoundLookup } from '../plan/fixed-sound.ts';
import type { Registry } from '../registry/registry.ts';
import { LoadedTask } from '../task/loaded-task.ts';
import type { Wake } from '../thread/wake.ts';
import type { HeldTask } from './held-task.ts';
import { LoadedMedia } from './loaded-media.ts';

export interface TaskLoaderOptions {
  wake: Wake;
  /** The models as they are known now. */
  registry: () => Registry;
  admission: Admission;
  disk: DiskStreams;
  diskSettings: DiskSettings;
  /** See EngineSettings. */
  outputCeilingsDb: readonly number[];
  soundOf: SoundLookup;
  /** Of the device, for tracks that hear it. */
  inputChannels: () => number;
  /** An instance failed. */
  onFault: (task: string, instance: string, model: string, state: InstanceState) => void;
}

/** A task as a client gives it. */
export interface GivenTask {
  task: string;
  revision: number;
  graph: Task;
  /** Of its media, by name. */
  paths: Record<string, string>;
}

/** Makes the tasks that an engine is given, for the device that it has. [control] */
export class TaskLoader {
  readonly #options: TaskLoaderOptions;

  constructor(options: TaskLoaderOptions) {
    this.#options = options;
  }

  /** Throws what opening its media, its plan and admission refuse. */
  async load(
    given: GivenTask,
    listenedTo: () => ReadonlySet<string>,
  ): Promise<{ loaded: LoadedTask; entry: Entry; media: LoadedMedia }> {
    const { registry, admission, outputCeilingsDb, onFault, disk } = this.#options;
    const { task } = given;
    const models = registry();
    const media = await this.#prepare(given, models);
    let made: LoadedTask | undefined;
    const entry = admission.enter(
      task,
      () => made?.registry ?? models,
      () => made,
    );
    const loaded = LoadedTask.load({
      ...this.#loadOptions(given, models, media),
      disk,
      guard: { outputCeilingsDb },
      listenedTo: listenedTo(),
      hasReports: true,
      isHeardLater: true,
      onFault: (instance, model, state) => onFault(task, instance, model, state),
      admit: entry.admit,
    });
    made = loaded;
    return { loaded, entry, media };
  }

  /**
   * As `load`, of a task that no renderer is going to hear of: to be asked, and disposed of.
   *
   * held: the task in whose place it would come by an edit; undefined: it would be loaded.
   */
  async probe(given: GivenTask, held: HeldTask | undefined): Promise<LoadedTask> {
    const { registry, admission } = this.#options;
    const models = held?.loaded.registry ?? registry();
    const media = await this.#prepare(given, models);
    const entry =
      held?.entry ??
      admission.enter(
        given.task,
        () => models,
        () => undefined,
      );
    return LoadedTask.load({
      ...this.#loadOptions(given, models, media),
      admit: (...asked) => admission.ask(entry, ...asked),
    });
  }

  async #prepare({ graph, paths }: GivenTask, models: Registry): Promise<LoadedMedia> {
    const { wake, diskSettings, admission } = this.#options;
    const options = { sampleRate: wake.sampleRate, disk: diskSettings };
    const [media] = await Promise.all([LoadedMedia.open(graph, paths, options), admission.learn(graph, models)]);
    return media;
  }

  #loadOptions({ task, revision, graph }: GivenTask, registry: Registry, { sounds }: LoadedMedia) {
    const { wake, soundOf, inputChannels } = this.#options;
    return {
      id: task,
      revision,
      graph,
      media: sounds,
      registry,
      sampleRate: wake.sampleRate,
      maxFrames: wake.blockFrames,
      hasFixed: true,
      soundOf,
      inputChannels: inputChannels(),
    };
  }
}
