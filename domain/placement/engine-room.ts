import { compareVersions, type DeclaredResources, type EngineCounters, type EngineFacts } from '@audiocloud/api';

/** What a task that has no place yet, or another one, could get of an engine. */
export interface EngineRoom {
  id: string;
  /** It answers now. */
  isThere: boolean;
  /** It is to take tasks that it does not have. */
  takesTasks: boolean;
  /** Undefined until it was reached once. */
  offer: EngineOffer | undefined;
  cpu: CpuRoom;
  /** Tasks that it has. */
  tasks: number;
  declared: DeclaredResources;
  /** Of what is declared, by the tasks that it has. */
  used: DeclaredResources;
}

/** What it can do at all. */
export interface EngineOffer {
  sampleRate: number;
  /** Versions by model id. */
  models: ReadonlyMap<string, readonly string[]>;
  fixed: ReadonlySet<string>;
  /** Models of those. */
  fixedModels: ReadonlySet<string>;
}

/** As shares of one render thread, as admission measures them (docs/admission.md). */
export interface CpuRoom {
  /** What the tasks of one thread may claim; null when it refuses none. */
  limit: number | null;
  /** What the tasks of each thread claim. */
  claimed: readonly number[];
  /** What tasks need that are to play there and do not claim it yet. */
  pending: number;
}

export function offerOf(facts: EngineFacts): EngineOffer {
  const models = new Map<string, string[]>();
  for (const { id, version } of facts.models) models.set(id, [...(models.get(id) ?? []), version]);
  return {
    sampleRate: facts.device.sampleRate,
    models,
    fixed: new Set(facts.fixed.map(({ id }) => id)),
    fixedModels: new Set(facts.fixed.map(({ model }) => model)),
  };
}

/** counters: undefined in the first second of an engine; then all of it counts as free. */
export function cpuRoomOf(counters: EngineCounters | undefined, pending: number): CpuRoom {
  if (!counters) return { limit: null, claimed: [0], pending };
  return { limit: counters.admitLoad, claimed: counters.threads.map(({ claimedLoad }) => claimedLoad), pending };
}

/** Whether a model can be had: of the version named, or one that is not older than what the values are of. [any] */
export function offersModel({ models }: EngineOffer, model: string, atLeast?: string): boolean {
  const [id, version] = model.split('@') as [string, string?];
  const there = models.get(id) ?? [];
  if (version !== undefined) return there.includes(version);
  return atLeast === undefined ? there.length > 0 : there.some((one) => compareVersions(one, atLeast) >= 0);
}
