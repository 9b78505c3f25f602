import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AudioCloudError, check, formatId, parseId, Rack, type RackInstance } from '@audiocloud/api';
import { readIdentity } from '../plugin/manifest.ts';
import { findPackage } from './adapter-packages.ts';
import { readDataFile } from './data-file.ts';
import { type DeviceDescription, type KnownAdapters, loadDevicePackage } from './device-package.ts';

/** In the repository the stock devices lie here; elsewhere npm brings them. */
const STOCK_DEVICES = join(import.meta.dirname, '../../plugins/devices');
const NAMES = ['rack.yaml', 'rack.yml', 'rack.json'];

/** The rack file of a data folder, or undefined where there is none. [control] */
export function findRackFile(dataFolder: string): string | undefined {
  return NAMES.map((name) => resolve(dataFolder, name)).find((path) => existsSync(path));
}

/** Reads a rack file. Throws DRIVER_INVALID with file and place. [control] */
export async function readRack(path: string): Promise<Rack> {
  const { value } = await readDataFile(path, 'DRIVER_INVALID');
  const rack = check(Rack, value, `rack ${path}`, 'DRIVER_INVALID');
  const ids = rack.instances.map(({ id }) => id);
  const twice = ids.find((id, i) => ids.indexOf(id) !== i);
  if (twice)
    throw new AudioCloudError(
      'DRIVER_INVALID',
      `Cannot accept rack ${path}: ${twice} stands twice; give each unit its own id`,
    );
  return rack;
}

/**
 * The model and driver of one instance of a rack, with the rack's own port and settings. [control]
 *
 * packages: folders of packages among which a driver that is named, and is none of our own, is looked for.
 */
export async function resolveInstance(
  instance: RackInstance,
  folder: string,
  adapters: KnownAdapters,
  packages: readonly string[] = [],
): Promise<DeviceDescription> {
  const path = devicePath(instance.driver, folder, packages, `Cannot add ${instance.id}`);
  const { maker, name } = parseId(instance.id);
  const wanted = formatId({ maker, name });
  const devices = await loadDevicePackage(path, adapters);
  const device = devices.find(({ model }) => model.id.split('@')[0] === wanted);
  if (!device)
    throw new AudioCloudError(
      'MODEL_UNKNOWN',
      `Cannot add ${instance.id}: ${path} has no driver for ${wanted}, it has ${devices.map(({ model }) => model.id).join(', ')}; correct the id or the driver`,
    );
  const { driver } = device;
  // The simulator makes a port for each pattern: the id keeps units apart.
  const port = instance.simulate ? { name: instance.id } : (instance.port ?? driver.port);
  return { ...device, driver: { ...driver, port, settings: { ...driver.settings, ...instance.settings } } };
}

/**
 * The folder of a device package: a path from `folder`, or the name of an installed or a stock one. [control]
 *
 * packages: folders of installed packages. action: how the error begins. Throws PLUGIN_MISSING.
 */
export function devicePath(driver: string, folder: string, packages: readonly string[], action: string): string {
  const path = resolve(folder, driver);
  if (existsSync(path)) return path;
  const installed =
    findPackage(driver, folder) ??
    findPackage(driver, import.meta.dirname) ??
    [...packages, ...stockDevices()].find((one) => readIdentity(one).name === driver);
  if (installed) return installed;
  throw new AudioCloudError(
    'PLUGIN_MISSING',
    `${action}: its driver '${driver}' is no folder in ${folder} and no installed package; correct the path or install it`,
  );
}

/** The device packages of this repository; none where it is installed. [control] */
export const stockDevices = (): string[] =>
  existsSync(STOCK_DEVICES) ? readdirSync(STOCK_DEVICES).map((name) => join(STOCK_DEVICES, name)) : [];
