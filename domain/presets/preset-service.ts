import {
  AudioCloudError,
  captureValues,
  check,
  type GraphEdit,
  instanceOf,
  modelOf,
  type ParameterChange,
  type Preset,
  type PresetContent,
  type PresetCreate,
  type PresetDocument,
  PresetId,
  type Recall,
  type Recalled,
  recallChanges,
  recallInstance,
  type Task,
  modelWithoutVersion,
} from '@audiocloud/api';
import type { Engines } from '../engine/engines.ts';
import { causeBy } from '../events/cause.ts';
import type { RandomBytes } from '../random/random-bytes.ts';
import type { Entry, Store } from '../store/store.ts';
import type { ActiveTask } from '../tasks/active-task.ts';

interface PresetRecord {
  revision: number;
  preset: Preset;
}

/** The stored presets of the domain, by application. [control] */
export class PresetService {
  readonly #store: Store;
  readonly #engines: Engines;
  readonly #randomBytes: RandomBytes;

  constructor({ store, engines, randomBytes }: { store: Store; engines: Engines; randomBytes: RandomBytes }) {
    this.#store = store;
    this.#engines = engines;
    this.#randomBytes = randomBytes;
  }

  of(application: string): ApplicationPresets {
    return new ApplicationPresets(this.#store, this.#engines, this.#randomBytes, application);
  }

  /** As ApplicationPresets.recall, of the application of the task. */
  recall(task: ActiveTask, recall: Recall, cause = causeBy()): Promise<Recalled> {
    return this.of(task.application).recall(task, recall, cause);
  }
}

/** The stored presets of one application, and the way from a preset to a task. [control] */
export class ApplicationPresets {
  readonly #store: Store;
  readonly #engines: Engines;
  readonly #randomBytes: RandomBytes;
  readonly #prefix: string;

  constructor(store: Store, engines: Engines, randomBytes: RandomBytes, application: string) {
    this.#store = store;
    this.#engines = engines;
    this.#randomBytes = randomBytes;
    this.#prefix = `preset/${application}/`;
  }

  /** model: those for instances of it. */
  async list(model?: string): Promise<PresetDocument[]> {
    const all = (await this.#store.list<PresetRecord>(this.#prefix)).map((entry) => this.#documentOf(entry));
    return model === undefined
      ? all
      : all.filter(
          ({ preset: { content } }) =>
            'model' in content && modelWithoutVersion(content.model) === modelWithoutVersion(model),
        );
  }

  async get(id: string): Promise<PresetDocument> {
    return this.#documentOf(await this.#stored(id));
  }

  /** graphOf: of the task that is captured. Throws PRESET_EXISTS, and what captureValues throws. */
  async create(
    create: PresetCreate,
    graphOf: (task: string) => Promise<Task>,
    cause = causeBy(),
  ): Promise<PresetDocument> {
    const { id = `preset-${this.#randomBytes(6).toString('hex')}` } = create;
    check(PresetId, id, 'the id of the preset', 'ID_INVALID');
    const preset = 'preset' in create ? create.preset : await this.#capture(create, graphOf);
    const key = this.#prefix + id;
    const exists = new AudioCloudError('PRESET_EXISTS', `Cannot create preset ${id}: there is one; choose another id`, {
      preset: id,
    });
    if (await this.#store.get(key)) throw exists;
    const value: PresetRecord = { revision: 1, preset };
    const document = { id, ...value };
    await this.#store.write([{ key, value, expected: 0 }, ...cause.receipt(document)]).catch((error) => {
      throw error instanceof AudioCloudError && error.code === 'REVISION_CONFLICT' ? exists : error;
    });
    return document;
  }

  /** expected: the revision that must be there. Throws PRESET_UNKNOWN, REVISION_CONFLICT. */
  async replace(id: string, preset: Preset, expected?: number, cause = causeBy()): Promise<PresetDocument> {
    const { value, revision } = await this.#stored(id, expected);
    const next: PresetRecord = { revision: value.revision + 1, preset };
    const document = { id, ...next };
    await this.#store.write([{ key: this.#prefix + id, value: next, expected: revision }, ...cause.receipt(document)]);
    return document;
  }

  /** As replace. */
  async remove(id: string, expected?: number, cause = causeBy()): Promise<void> {
    const { revision } = await this.#stored(id, expected);
    await this.#store.write([{ key: this.#prefix + id, expected: revision }, ...cause.receipt(null)]);
  }

  /** Throws PRESET_UNKNOWN, and what recallChanges and ActiveTask.recall throw. */
  async recall(
    task: ActiveTask,
    { preset, factory = false, instance, seconds = 0 }: Recall,
    cause = causeBy(),
  ): Promise<Recalled> {
    const { changes, puts } = factory
      ? { changes: this.#factoryChanges(task, preset, instance), puts: [] }
      : this.#storedChanges(task, (await this.get(preset)).preset.content, instance);
    const recalled = (frame: number | null): Recalled => ({ frame, changes: changes.length });
    const receipt = (answer: unknown) => cause.receipt(recalled((answer as { frame: number | null }).frame));
    const { frame } = await task.recall(changes, seconds, puts, { ...cause, receipt });
    return recalled(frame);
  }

  #documentOf({ key, value }: Entry<PresetRecord>): PresetDocument {
    return { id: key.slice(this.#prefix.length), ...value };
  }

  #storedChanges(task: ActiveTask, content: PresetContent, instance: string | undefined) {
    const { graph } = task.record;
    return {
      changes: recallChanges(this.#models, graph, content, instance),
      puts: statePuts(graph, content, instance),
    };
  }

  /** Throws ENGINE_UNAVAILABLE before an engine has told any: then nobody knows which there are. */
  get #models() {
    const { models } = this.#engines;
    if (models.length === 0)
      throw new AudioCloudError(
        'ENGINE_UNAVAILABLE',
        'Cannot tell which values there are: no engine told its models yet',
      );
    return models;
  }

  #factoryChanges(task: ActiveTask, preset: string, instance: string | undefined): ParameterChange[] {
    const { graph } = task.record;
    if (instance === undefined)
      throw new AudioCloudError('PRESET_MISMATCH', `Cannot recall ${preset}: name the instance whose model has it`, {
        preset,
      });
    const model = modelOf(this.#models, instanceOf(graph, instance));
    const found = model?.presets?.find(({ id }) => id === preset);
    if (model && !found)
      throw new AudioCloudError(
        'PRESET_UNKNOWN',
        `Cannot find preset ${preset}: ${model.id} has ${model.presets?.map(({ id }) => id).join(', ') || 'none'}`,
        { preset, model: model.id },
      );
    return recallInstance(this.#models, graph, instance, found?.parameters ?? {});
  }

  async #capture(
    { name, description, capture: { task, instance } }: Extract<PresetCreate, { capture: unknown }>,
    graphOf: (task: string) => Promise<Task>,
  ): Promise<Preset> {
    const content = captureValues(this.#models, await graphOf(task), instance);
    return { name, ...(description === undefined ? {} : { description }), content };
  }

  async #stored(id: string, expected?: number): Promise<Entry<PresetRecord>> {
    const entry = await this.#store.get<PresetRecord>(this.#prefix + id);
    if (!entry)
      throw new AudioCloudError('PRESET_UNKNOWN', `Cannot find preset ${id}: there is none of that id`, { preset: id });
    const { revision } = entry.value;
    if (expected !== undefined && revision !== expected)
      throw new AudioCloudError(
        'REVISION_CONFLICT',
        `Cannot change preset ${id}: it is at revision ${revision}, wanted ${expected}; read it again`,
        { preset: id, revision, expected },
      );
    return entry;
  }
}

/** Instances that are made anew with the state that a preset has. */
function statePuts({ instances = {} }: Task, content: PresetContent, instance: string | undefined): GraphEdit[] {
  const parts = 'instances' in content ? content.instances : { [instance!]: content };
  return Object.entries(parts).flatMap(([name, { state }]): GraphEdit[] =>
    state === undefined ? [] : [{ op: 'put', part: 'instances', name, value: { ...instances[name]!, state } }],
  );
}
