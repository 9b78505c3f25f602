import { relative } from 'node:path';
import { asAudioCloudError, AudioCloudError } from '@audiocloud/api';
import { findAdapters } from '../adapter/adapter-packages.ts';
import { ADAPTER_CHECKS } from '../adapter/conformance/check-table.ts';
import { checkAdapter, type HardwarePort } from '../adapter/conformance/check-adapter.ts';
import { type DeviceProblem, lintDevicePackage } from '../adapter/device-package.ts';
import { chosenChecks, type PluginReport } from '../plugin/check.ts';
import { type CheckApartOptions, checkPluginApart } from '../plugin/check-apart.ts';
import { readForCheck } from '../plugin/check-package.ts';
import { type PluginCheck, reportLine, runCheck } from '../plugin/check-run.ts';
import { inspectPackage } from './inspect-package.ts';

/** What `loads` and `models` say of a package without a module: devices by their drivers, adapters by their files. */
async function inspected(folder: string): Promise<readonly ['passed' | 'failed', string]> {
  try {
    const { models, adapter } = await inspectPackage(folder);
    return ['passed', adapter ?? models.map(({ id }) => id).join(', ')];
  } catch (error) {
    return ['failed', asAudioCloudError(error).message];
  }
}

/** Every mistake in the files of a device; none where they cannot be read at all, which the check `loads` tells. */
async function problemsOf(folder: string): Promise<DeviceProblem[]> {
  try {
    const { modelProblems, driverProblems } = await lintDevicePackage(folder);
    return [...modelProblems, ...driverProblems].map((problem) => ({
      ...problem,
      file: relative(folder, problem.file),
    }));
  } catch {
    return [];
  }
}

export interface CheckPackageOptions extends CheckApartOptions {
  /** Adapters: a port of real hardware in place of the simulator. */
  readonly hardware?: HardwarePort;
}

const ADAPTER_PAGES = 'https://github.com/audiocloud/audiocloud/blob/main/docs/adapter-checks.md';

/**
 * Checks a package of any kind. [control]
 *
 * A plugin is checked as `checkPluginApart` does. Of a device nothing runs: its package is checked, and models against
 * drivers with every mistake in `problems`. An adapter whose package is sound runs in a process of its own, with its
 * simulator or with hardware. What is about modules and instances does not apply, and is left out. Throws what
 * checkPluginApart throws.
 */
export async function checkPackage(path: string, options: CheckPackageOptions = {}): Promise<PluginReport> {
  const found = readForCheck(path);
  const kind = found.manifest.value?.kind ?? 'wasm';
  if (kind === 'wasm') return checkPluginApart(path, options);
  const { only, models = [], seed = 1, onCheck } = options;
  if (models.length)
    throw new AudioCloudError(
      'MODEL_UNKNOWN',
      `Check ${models.join(', ')}: ${found.name} is a package of the kind ${kind}, checked as a whole`,
    );
  const forAdapter = kind === 'adapter' ? ADAPTER_CHECKS : [];
  const ofAdapter = forAdapter.filter(({ id }) => !only || only.includes(id));
  const others = only?.filter((name) => !forAdapter.some(({ id }) => id === name));
  const checks = chosenChecks(others).filter(({ of }) => of === 'package');
  const lines: PluginCheck[] = [];
  const add = (line: PluginCheck) => {
    lines.push(line);
    onCheck?.(line, found.name, { done: lines.length, of: checks.length + ofAdapter.length });
  };
  for (const check of checks) {
    const isOfAll = check.id === 'loads' || check.id === 'models';
    add(isOfAll ? reportLine(check, await inspected(found.folder)) : runCheck(check, found, -1, seed));
  }
  const { hardware, limitSeconds } = options;
  // One that cannot be found is in no condition to run: the checks of its package say why.
  const [adapter] = ofAdapter.length && !found.manifest.fault ? findAdapters([found.folder]).values() : [];
  if (adapter)
    await checkAdapter(adapter, ofAdapter, {
      ...(hardware ? { hardware } : {}),
      ...(limitSeconds === undefined ? {} : { limitSeconds }),
      onCheck: ({ id }, [result, detail]) =>
        add({ name: id, result, detail, area: 'adapter', page: `${ADAPTER_PAGES}#${id}` }),
    });
  return {
    package: { name: found.name, version: found.version },
    seed,
    models: [{ id: found.name, checks: lines }],
    ...(kind === 'device' ? { problems: await problemsOf(found.folder) } : {}),
  };
}
