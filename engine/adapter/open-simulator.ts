import { type Adapter, asAudioCloudError, AudioCloudError, type Setting } from '@audiocloud/api';
import { type AdapterPackage, findAdapters, installedPackages } from './adapter-packages.ts';
import { checkSettings } from './adapter-settings.ts';
import { type DeviceDescription, loadDevicePackage } from './device-package.ts';
import { devicePath } from './rack-file.ts';

/** A device with its simulator, loaded into this process. */
export interface OpenSimulator {
  device: DeviceDescription;
  simulator: Adapter;
  /** The bus that its driver is for. */
  bus: AdapterPackage;
}

export interface OpenSimulatorOptions {
  /** Id of the model; needed where the package has several. */
  model?: string | undefined;
  /** Folders of installed packages, among which devices and adapters are looked for. */
  packages?: readonly string[] | undefined;
  /** In place of those of the driver, as a rack says them; of what its adapter takes. */
  settings?: (taken: AdapterPackage['settings']) => Record<string, Setting>;
}

/**
 * Loads the simulator of a device package: code of the package runs in this process. [control]
 *
 * device: folder from here, or the name of an installed package. Throws what loadDevicePackage throws, PLUGIN_MISSING, MODEL_UNKNOWN,
 * DRIVER_INVALID for settings that do not fit, PLUGIN_MANIFEST for a package without a simulator and for one that does not load or is no adapter.
 */
export async function openSimulator(
  device: string,
  { model, packages = [], settings = () => ({}) }: OpenSimulatorOptions = {},
): Promise<OpenSimulator> {
  const action = `Cannot simulate ${device}`;
  const adapters = new Map([...findAdapters(packages), ...findAdapters(installedPackages())]);
  const folder = devicePath(device, process.cwd(), packages, action);
  const devices = await loadDevicePackage(folder, adapters);
  const found = devices.filter((one) => model === undefined || one.model.id === model);
  if (found.length !== 1)
    throw new AudioCloudError(
      'MODEL_UNKNOWN',
      `${action}: it has ${devices.map((one) => one.model.id).join(', ')}, wanted ${model ?? 'one of them'}; name its model`,
    );
  const [one] = found;
  if (!one!.simulator)
    throw new AudioCloudError(
      'PLUGIN_MANIFEST',
      `${action}: its manifest names no simulator; docs/device-guide.md says how to write one`,
    );
  const bus = adapters.get(one!.driver.adapter)!;
  const driver = { ...one!.driver, settings: { ...one!.driver.settings, ...settings(bus.settings) } };
  checkSettings(bus, driver.settings, `the settings of ${device}`);
  return { device: { ...one!, driver }, simulator: await loadSimulator(one!.simulator, action), bus };
}

/** The `adapter` that the simulator of a device exports. [control] Throws PLUGIN_MANIFEST. */
export async function loadSimulator(module: URL, action: string): Promise<Adapter> {
  await import('./shared-contract.ts');
  const refuse = (why: string): never => {
    throw new AudioCloudError('PLUGIN_MANIFEST', `${action}: ${why}`);
  };
  const loaded = (await import(module.href).catch((error) =>
    refuse(`its simulator does not load: ${asAudioCloudError(error).message}`),
  )) as { adapter?: Partial<Adapter> };
  const { adapter } = loaded;
  for (const name of ['list', 'open', 'inject'] as const)
    if (typeof adapter?.[name] !== 'function')
      refuse(`its simulator exports no adapter with ${name}; \`simulatedAdapter\` makes one`);
  return adapter as Adapter;
}
