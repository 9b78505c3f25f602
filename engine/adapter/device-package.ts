import { join } from 'node:path';
import { AudioCloudError, check, checkModel, type Driver, type Model, PluginManifest } from '@audiocloud/api';
import { readDataFile } from './data-file.ts';
import { driverProblems } from './driver-check.ts';

/** A model and the driver that maps it, checked against each other. */
export interface DeviceDescription {
  model: Model;
  driver: Driver;
}

/**
 * Reads a device package: every driver with its model. [control]
 *
 * Throws PLUGIN_MANIFEST, MODEL_INVALID or DRIVER_INVALID: a package with any mistake is refused whole.
 */
export async function loadDevicePackage(folder: string): Promise<DeviceDescription[]> {
  const manifestPath = join(folder, 'audiocloud.json');
  const { value } = await readDataFile(manifestPath, 'PLUGIN_MANIFEST');
  const manifest = check(PluginManifest, value, manifestPath, 'PLUGIN_MANIFEST');
  if (manifest.kind !== 'device')
    throw new AudioCloudError(
      'PLUGIN_MANIFEST',
      `Cannot take ${folder} as a device: its kind is ${manifest.kind}, wanted device; name a device package`,
    );
  const models = await Promise.all(manifest.models.map((entry) => readModel(folder, entry)));
  return Promise.all(manifest.drivers.map((file) => readDriver(join(folder, file), models)));
}

async function readModel(folder: string, entry: Model | string): Promise<Model> {
  if (typeof entry !== 'string') return checkModel(entry);
  const { value, path } = await readDataFile(join(folder, entry), 'MODEL_INVALID');
  return checkModel(value, path);
}

async function readDriver(path: string, models: Model[]): Promise<DeviceDescription> {
  const file = await readDataFile(path, 'DRIVER_INVALID');
  const named = (file.value as { model?: unknown } | null)?.model;
  const model = models.find(({ id }) => id === named) ?? models[0]!;
  const problems = driverProblems(file.value, model).map(({ place, message }) => ({
    line: file.lineOf(place),
    place: place || '/',
    message,
  }));
  if (problems.length) {
    const told = problems.slice(0, 8).map(({ line, place, message }) => `line ${line}: ${place} ${message}`);
    throw new AudioCloudError('DRIVER_INVALID', `Cannot accept driver ${path}: ${told.join('; ')}`, {
      file: path,
      problems,
    });
  }
  return { model, driver: file.value as Driver };
}
