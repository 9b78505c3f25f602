import { type DeclaredResources, type Model, modelOf, modelWithoutVersion, type Task } from '@audiocloud/api';

/** What a task needs of the engine that is to have it. */
export interface TaskNeeds {
  sampleRate: number;
  /** By id, `maker:name` or `maker:name@1.2.3`; value: the version that its values are of, undefined for any. */
  models: ReadonlyMap<string, string | undefined>;
  /** Fixed instances that it names. */
  fixed: ReadonlySet<string>;
  /** Models of which it needs any fixed instance. */
  anyFixed: ReadonlySet<string>;
  /** Declared by its models, added up. */
  resources: DeclaredResources;
}

/** What a graph needs. versions: see TaskRecord. [any] */
export function needsOf(
  graph: Task,
  models: readonly Model[],
  versions: Readonly<Record<string, string>> = {},
): TaskNeeds {
  const instances = Object.values(graph.instances ?? {});
  const resources: DeclaredResources = {};
  for (const instance of instances)
    for (const [name, amount] of Object.entries(modelOf(models, instance)?.resources ?? {}))
      resources[name] = (resources[name] ?? 0) + amount;
  return {
    sampleRate: graph.sampleRate,
    models: new Map(
      instances.map(({ model }) => [model, Object.hasOwn(versions, model) ? versions[model] : undefined]),
    ),
    fixed: new Set(instances.flatMap(({ fixed }) => (fixed === undefined || fixed === 'any' ? [] : [fixed]))),
    anyFixed: new Set(instances.flatMap(({ fixed, model }) => (fixed === 'any' ? [modelWithoutVersion(model)] : []))),
    resources,
  };
}
