import type { DeviceProblem } from '../adapter/device-package.ts';
import { AudioCloudError } from '@audiocloud/api';
import { type PackageUnderCheck, readForCheck } from './check-package.ts';
import { type PluginCheck, runCheck } from './check-run.ts';
import { CHECKS, type Check } from './check-table.ts';

/** What `audiocloud plugin check --json` prints; fields may be added. */
export interface PluginReport {
  readonly package: { readonly name: string; readonly version: string };
  /** Given again, it replays every random input. */
  readonly seed: number;
  /** Checks of the package and of its module stand in every model. Without a model that can be read: one entry named as the package. */
  readonly models: readonly { readonly id: string; readonly checks: readonly PluginCheck[] }[];
  /** Of a device: every mistake in its files. */
  readonly problems?: readonly DeviceProblem[];
}

export interface CheckOptions {
  /** Names of checks; the others are not run. */
  readonly only?: readonly string[];
  /** Ids of models; the others are not looked at. */
  readonly models?: readonly string[];
  /** 0 to 4294967295; default 1. */
  readonly seed?: number;
}

/** The checks of these names, all without. Throws REQUEST_INVALID naming those that there are not. [any] */
export function chosenChecks(only?: readonly string[]): readonly Check[] {
  const unknown = (only ?? []).filter((name) => !CHECKS.some(({ id }) => id === name));
  if (unknown.length)
    throw new AudioCloudError(
      'REQUEST_INVALID',
      `Check a plugin: there is no check ${unknown.join(', ')}; \`audiocloud plugin check --list\` names all`,
      { unknown },
    );
  return CHECKS.filter(({ id }) => !only || only.includes(id));
}

/** The models to report on: their ids and places in the manifest. Throws MODEL_UNKNOWN naming those that there are not. [any] */
export function modelsToCheck(found: PackageUnderCheck, only?: readonly string[]): { id: string; place: number }[] {
  const models = found.models.flatMap(({ value }, place) => (value ? [{ id: value.id, place }] : []));
  const unknown = (only ?? []).filter((id) => !models.some((model) => model.id === id));
  if (unknown.length)
    throw new AudioCloudError(
      'MODEL_UNKNOWN',
      `Check ${unknown.join(', ')}: plugin ${found.name} offers ${models.map(({ id }) => id).join(', ') || 'no model that can be read'}`,
      { unknown },
    );
  return models.length ? models.filter(({ id }) => !only || only.includes(id)) : [{ id: found.name, place: -1 }];
}

/**
 * Checks a plugin package on the calling thread. [control]
 *
 * For tests: without a limit of time, where `checkPluginApart` has one. A check that fails or traps does not end the others.
 * Throws PLUGIN_MISSING when there is no such folder, REQUEST_INVALID or MODEL_UNKNOWN for the name of a check
 * or a model that there is not.
 */
export function checkPlugin(path: string, { only, models, seed = 1 }: CheckOptions = {}): PluginReport {
  const checks = chosenChecks(only);
  const found = readForCheck(path);
  const once = new Map(
    checks
      .filter(({ of }) => of === 'package' || of === 'module')
      .map((check) => [check, runCheck(check, found, -1, seed)] as const),
  );
  return {
    package: { name: found.name, version: found.version },
    seed,
    models: modelsToCheck(found, models).map(({ id, place }) => ({
      id,
      checks: checks.map((check) => once.get(check) ?? runCheck(check, found, place, seed)),
    })),
  };
}
