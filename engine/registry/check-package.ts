import { relative } from 'node:path';
import { asAudioCloudError, AudioCloudError, type Driver } from '@audiocloud/api';
import { type AdapterPackage, findAdapters, installedPackages, NO_SETTINGS } from '../adapter/adapter-packages.ts';
import type { AdapterCheck, RigDevice } from '../adapter/conformance/adapter-rig.ts';
import { ADAPTER_CHECKS, SIMULATOR_CHECKS } from '../adapter/conformance/check-table.ts';
import { checkAdapter, type HardwarePort } from '../adapter/conformance/check-adapter.ts';
import { type DeviceProblem, lintDevicePackage, loadDevicePackage } from '../adapter/device-package.ts';
import { carriedBy } from '../adapter/incoming-reader.ts';
import { stockDevices } from '../adapter/rack-file.ts';
import { chosenChecks, type PluginReport } from '../plugin/check.ts';
import { type CheckApartOptions, checkPluginApart } from '../plugin/check-apart.ts';
import { readForCheck } from '../plugin/check-package.ts';
import { type PluginCheck, reportLine, runCheck } from '../plugin/check-run.ts';
import { realFolder, typeScriptFault } from '../plugin/manifest.ts';
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

/** What of a package behaves: an adapter, or a device of which there is a simulator. */
interface Conduct {
  found: AdapterPackage;
  device?: RigDevice;
}

/** None of a package that is in no condition to run: the checks of its files say why. */
async function conductOf(folder: string, kind: 'device' | 'adapter'): Promise<Conduct[]> {
  if (kind === 'adapter') return [...findAdapters([folder]).values()].map((found) => ({ found }));
  const adapters = findAdapters(installedPackages());
  const devices = await loadDevicePackage(folder, adapters).catch(() => []);
  return devices.flatMap(({ model, driver, simulator }) =>
    simulator
      ? [{ found: busOf(driver, folder, simulator, adapters.get(driver.adapter)), device: { model, driver } }]
      : [],
  );
}

/** The bus that a simulator stands for. installed: its adapter, if it is; else what the driver shows of it. */
function busOf(driver: Driver, folder: string, simulator: URL, installed?: AdapterPackage): AdapterPackage {
  if (installed) return { ...installed, simulator };
  const carries = carriedBy(driver) ?? 'packets';
  return { adapter: driver.adapter, folder, entry: simulator, simulator, carries, settings: NO_SETTINGS };
}

/** What came with this engine is compiled when it is published, and runs here as it is written. */
const isStock = (folder: string): boolean =>
  [...installedPackages(), ...stockDevices()].some((stock) => realFolder(stock) === realFolder(folder));

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
 * A plugin is checked as `checkPluginApart` does. Of a device its package is checked, and models against drivers with every
 * mistake in `problems`. An adapter whose package is sound runs in a process of its own, with its simulator or with hardware, and so
 * does the simulator of a device, with the driver. What is about modules and instances does not apply, and is left out. Throws what
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
  const isSimulated = found.manifest.value?.kind === 'device' && found.manifest.value.simulator !== undefined;
  const ofConduct: readonly AdapterCheck[] = kind === 'adapter' ? ADAPTER_CHECKS : isSimulated ? SIMULATOR_CHECKS : [];
  const conductChecks = ofConduct.filter(({ id }) => !only || only.includes(id));
  const others = only?.filter((name) => !ofConduct.some(({ id }) => id === name));
  const checks = chosenChecks(others).filter(({ of }) => of === 'package');
  const conduct = conductChecks.length && !found.manifest.fault ? await conductOf(found.folder, kind) : [];
  const lines: PluginCheck[] = [];
  const add = (line: PluginCheck) => {
    lines.push(line);
    onCheck?.(line, found.name, { done: lines.length, of: checks.length + conduct.length * conductChecks.length });
  };
  const { manifest } = found;
  const typeScript = manifest.fault || isStock(found.folder) ? undefined : typeScriptFault(manifest.value);
  for (const check of checks) {
    const isOfAll = check.id === 'loads' || check.id === 'models';
    if (isOfAll) add(reportLine(check, await inspected(found.folder)));
    else if (check.id === 'manifest' && typeScript !== undefined) add(reportLine(check, ['failed', typeScript]));
    else add(runCheck(check, found, -1, seed));
  }
  const { hardware, limitSeconds } = options;
  for (const { found: adapter, device } of conduct)
    await checkAdapter(adapter, conductChecks, {
      ...(hardware ? { hardware } : {}),
      ...(device ? { device } : {}),
      ...(limitSeconds === undefined ? {} : { limitSeconds }),
      onCheck: ({ id }, [result, detail]) =>
        add({ name: id, result, detail, area: device ? 'simulator' : 'adapter', page: `${ADAPTER_PAGES}#${id}` }),
    });
  return {
    package: { name: found.name, version: found.version },
    seed,
    models: [{ id: found.name, checks: lines }],
    ...(kind === 'device' ? { problems: await problemsOf(found.folder) } : {}),
  };
}
