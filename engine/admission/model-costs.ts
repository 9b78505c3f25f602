import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Instance, Model } from '@audiocloud/api';
import type { Plugin } from '../plugin/load-plugin.ts';
import { CostCache } from './cost-cache.ts';
import { costFile, settingOf, shapeOf } from './cost-signature.ts';
import { CostWorker } from './cost-worker.ts';
import type { HostCost, ModelCost } from './measure-cost.ts';

/** An instance whose cost is asked for. */
export interface CostedInstance {
  instance: Instance;
  model: Model;
  plugin: Plugin;
  widths: Record<string, number>;
}

export interface ModelCostsOptions {
  sampleRate: number;
  blockFrames: number;
  /** Folder in which costs outlive the process. */
  cacheDir: string;
  /** Told what could not be measured. */
  warn?: (message: string, details: Record<string, unknown>) => void;
}

/** Of one model with one shape, so many settings are measured; what is beyond costs as much as the dearest of them. */
const MOST_SETTINGS = 32;

/** What instances cost on this machine: remembered, read from disk, or measured on a thread of its own. [control] */
export class ModelCosts {
  readonly #options: ModelCostsOptions;
  readonly #worker = new CostWorker();
  readonly #cache: CostCache<ModelCost>;
  readonly #hostCache: CostCache<HostCost>;
  readonly #hostHash: string;
  /** By shape, then by setting. undefined: it could not be measured. */
  readonly #known = new Map<string, Map<string, ModelCost | undefined>>();
  readonly #coming = new Map<string, Promise<void>>();
  /** Of instances of a graph, which nobody changes in place. */
  readonly #settings = new WeakMap<Instance, string>();
  #host: Promise<HostCost> | undefined;
  #hostCost: HostCost | undefined;

  constructor(options: ModelCostsOptions) {
    this.#options = options;
    this.#cache = new CostCache(options.cacheDir, isModelCost);
    this.#hostCache = new CostCache(options.cacheDir, isHostCost);
    this.#hostHash = createHash('sha256')
      .update(readFileSync(fileURLToPath(import.meta.resolve('@audiocloud/dsp/host.wasm'))))
      .digest('base64');
  }

  /** Resolves when `find` and `host` know everything about these instances that can be known. Never rejects. */
  async learn(instances: Iterable<CostedInstance>): Promise<void> {
    const coming: (Promise<void> | undefined)[] = [this.#learnHost()];
    for (const one of instances) coming.push(this.#learn(one));
    await Promise.all(coming);
  }

  /** What the host costs; undefined before anything was learnt, or where it cannot be measured. */
  get host(): HostCost | undefined {
    return this.#hostCost;
  }

  /** What an instance costs; of a setting that is not known the dearest of its model; undefined when nothing is known. */
  find({ instance, model, plugin, widths }: CostedInstance): ModelCost | undefined {
    const known = this.#known.get(shapeKey(plugin, model, widths));
    return known && (known.get(this.#settingOf(instance, model, widths)) ?? dearestOf(known));
  }

  close(): Promise<void> {
    return this.#worker.close();
  }

  #settingOf(instance: Instance, model: Model, widths: Record<string, number>): string {
    let setting = this.#settings.get(instance);
    if (setting === undefined) {
      setting = settingOf(instance, model, widths);
      this.#settings.set(instance, setting);
    }
    return setting;
  }

  #learn({ instance, model, plugin, widths }: CostedInstance): Promise<void> | undefined {
    const shape = shapeKey(plugin, model, widths);
    const setting = this.#settingOf(instance, model, widths);
    const known = this.#known.get(shape) ?? new Map<string, ModelCost | undefined>();
    this.#known.set(shape, known);
    if (known.has(setting) || (known.size >= MOST_SETTINGS && dearestOf(known))) return undefined;
    const key = `${shape}\n${setting}`;
    const coming = this.#coming.get(key);
    if (coming) return coming;
    const { sampleRate, blockFrames, warn } = this.#options;
    const name = costFile([plugin.hash, this.#hostHash], [shapeOf(model, widths), setting, sampleRate, blockFrames]);
    // a module without a hash is a test's own, and there may be another
    const found = plugin.hash === '' ? undefined : this.#cache.read(name);
    if (found) {
      known.set(setting, found);
      return undefined;
    }
    const { parameters } = instance;
    const measuring = this.#worker
      .model({ plugin: bare(plugin), model, widths, parameters, sampleRate, blockFrames })
      .then((cost) => {
        known.set(setting, cost);
        if (plugin.hash !== '') this.#cache.write(name, cost);
      })
      .catch((error: Error) => {
        known.set(setting, undefined);
        warn?.('a cost could not be measured', { model: model.id, setting, error: error.message });
      })
      .finally(() => this.#coming.delete(key));
    this.#coming.set(key, measuring);
    return measuring;
  }

  #learnHost(): Promise<void> | undefined {
    if (this.#hostCost) return undefined;
    const { sampleRate, blockFrames, warn } = this.#options;
    const name = costFile([this.#hostHash], ['host', sampleRate, blockFrames]);
    this.#hostCost = this.#hostCache.read(name);
    if (this.#hostCost) return undefined;
    this.#host ??= this.#worker.host(sampleRate, blockFrames);
    return this.#host.then(
      (cost) => {
        this.#hostCost = cost;
        this.#hostCache.write(name, cost);
      },
      (error: Error) => {
        this.#host = undefined;
        warn?.("the host's cost could not be measured", { error: error.message });
      },
    );
  }
}

const shapeKey = (plugin: Plugin, model: Model, widths: Record<string, number>): string =>
  `${plugin.hash} ${shapeOf(model, widths)}`;

/** A plugin as it can be sent to a thread. */
const bare = ({ name, version, folder, hash, models, module }: Plugin): Plugin => ({
  name,
  version,
  folder,
  hash,
  models,
  module,
});

function dearestOf(known: ReadonlyMap<string, ModelCost | undefined>): ModelCost | undefined {
  let dearest: ModelCost | undefined;
  for (const cost of known.values()) if (cost && (!dearest || nsOf(cost, 1) > nsOf(dearest, 1))) dearest = cost;
  return dearest;
}

/** ns for a block of so many instances that stand side by side: between two numbers that were measured, a straight line. [any] */
export function nsOf({ points }: ModelCost, instances: number): number {
  let [before, nsBefore] = [0, 0];
  for (const [count, ns] of points) {
    if (instances <= count) return nsBefore + ((ns - nsBefore) * (instances - before)) / (count - before);
    [before, nsBefore] = [count, ns];
  }
  return (nsBefore * instances) / before;
}

const isPositive = (value: unknown): value is number => typeof value === 'number' && value > 0 && value < 1e12;

function isModelCost(value: unknown): value is ModelCost {
  const points = (value as ModelCost | null)?.points;
  return (
    Array.isArray(points) &&
    points.length > 0 &&
    points.every(
      ([count, ns], i) =>
        isPositive(count) && isPositive(ns) && (i === 0 || (count > points[i - 1]![0] && ns >= points[i - 1]![1])),
    )
  );
}

function isHostCost(value: unknown): value is HostCost {
  const { taskNs, trackChannelNs, wireNs, sinkChannelNs } = (value ?? {}) as HostCost;
  return [taskNs, trackChannelNs, wireNs, sinkChannelNs].every(isPositive);
}
