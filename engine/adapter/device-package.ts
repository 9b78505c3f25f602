import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AudioCloudError, check, type Driver, type ErrorCode, type Model, PluginManifest } from '@audiocloud/api';
import { type AdapterTraits, findAdapters, installedPackages } from './adapter-packages.ts';
import { type DataFile, readDataFile } from './data-file.ts';
import { driverProblems } from './driver-check.ts';
import type { Mistake } from './lint/lint-checks.ts';
import { modelMistakes } from './lint/model.ts';
import { packagePath, realFolder } from '../plugin/manifest.ts';

/** A model and the driver that maps it, checked against each other. */
export interface DeviceDescription {
  model: Model;
  driver: Driver;
  /** Exports `adapter`: the device without hardware. */
  simulator?: URL;
}

/** One mistake in a file of a package. line: from 1. place: JSON pointer. */
export interface DeviceProblem extends Mistake {
  file: string;
  line: number;
}

/** A device package as it is: the devices without a mistake, and every mistake. */
export interface DeviceFindings {
  devices: DeviceDescription[];
  modelProblems: DeviceProblem[];
  driverProblems: DeviceProblem[];
}

/** The adapters that a driver may name. */
export type KnownAdapters = ReadonlyMap<string, AdapterTraits>;

const stockAdapters = (): KnownAdapters => findAdapters(installedPackages());

/**
 * Reads a device package: every driver with its model. adapters: default, those that came with this one. [control]
 *
 * Throws PLUGIN_MANIFEST, MODEL_INVALID or DRIVER_INVALID: a package with any mistake is refused whole.
 */
export async function loadDevicePackage(folder: string, adapters?: KnownAdapters): Promise<DeviceDescription[]> {
  const { devices, modelProblems, driverProblems } = await lintDevicePackage(folder, adapters);
  if (modelProblems.length) throw refusal('MODEL_INVALID', 'model', modelProblems);
  if (driverProblems.length) throw refusal('DRIVER_INVALID', 'driver', driverProblems);
  return devices;
}

function refusal(code: ErrorCode, what: string, problems: readonly DeviceProblem[]): AudioCloudError {
  const { file } = problems[0]!;
  const told = problems.filter((problem) => problem.file === file).slice(0, 8);
  const lines = told.map(({ line, place, message, mend }) => `line ${line}: ${place} ${message}; ${mend}`);
  return new AudioCloudError(code, `Cannot accept ${what} ${file}: ${lines.join('; ')}`, { file, problems });
}

/**
 * Every mistake of a device package. [control]
 *
 * Drivers are looked at when a model is sound: without one nothing can be said of them. Throws PLUGIN_MANIFEST for what
 * is no device package, MODEL_INVALID or DRIVER_INVALID for a file that is not there.
 */
export async function lintDevicePackage(
  folder: string,
  adapters: KnownAdapters = stockAdapters(),
): Promise<DeviceFindings> {
  const manifestPath = join(folder, 'audiocloud.json');
  const { value } = await readDataFile(manifestPath, 'PLUGIN_MANIFEST');
  const manifest = check(PluginManifest, value, manifestPath, 'PLUGIN_MANIFEST');
  if (manifest.kind !== 'device')
    throw new AudioCloudError(
      'PLUGIN_MANIFEST',
      `Cannot take ${folder} as a device: its kind is ${manifest.kind}, wanted device; name a device package`,
    );
  const simulator = manifest.simulator === undefined ? undefined : simulatorOf(folder, manifest.simulator);
  const models: Model[] = [];
  const modelProblems: DeviceProblem[] = [];
  for (const entry of manifest.models) {
    const found = await look(
      typeof entry === 'string' ? join(folder, entry) : { path: manifestPath, value: entry, lineOf: () => 1 },
      'MODEL_INVALID',
      modelMistakes,
    );
    if (found.problems.length) modelProblems.push(...found.problems);
    else models.push(found.value as Model);
  }
  const devices: DeviceDescription[] = [];
  const problems: DeviceProblem[] = [];
  for (const path of models.length ? manifest.drivers : []) {
    const { value: driver, problems: own } = await look(join(folder, path), 'DRIVER_INVALID', (value) => {
      const { model, adapter } = (value ?? {}) as Partial<Driver>;
      return driverProblems(value, modelOf(models, model), adapters.get(adapter ?? ''));
    });
    if (own.length) problems.push(...own);
    else
      devices.push({
        model: modelOf(models, (driver as Driver).model),
        driver: driver as Driver,
        ...(simulator ? { simulator } : {}),
      });
  }
  return { devices, modelProblems, driverProblems: problems };
}

/** Throws PLUGIN_MANIFEST for a module that is not there or outside of the package. */
function simulatorOf(folder: string, module: string): URL {
  if (existsSync(join(folder, module))) return pathToFileURL(packagePath(realFolder(folder), module));
  throw new AudioCloudError(
    'PLUGIN_MANIFEST',
    `Cannot take the device in ${folder}: there is no ${module}, which its manifest names as simulator; correct the name or leave it out`,
  );
}

/** The model that a driver names; the first where it names none, so that this is told. */
const modelOf = (models: readonly Model[], id: unknown): Model => models.find((model) => model.id === id) ?? models[0]!;

/** A file and its mistakes; that it cannot be read is one. */
async function look(
  from: string | DataFile,
  code: ErrorCode,
  mistakes: (value: unknown) => Iterable<Mistake>,
): Promise<{ value: unknown; problems: DeviceProblem[] }> {
  try {
    const file = typeof from === 'string' ? await readDataFile(from, code) : from;
    const problems = [...mistakes(file.value)].map(({ check, place, message, mend }) => ({
      check,
      file: file.path,
      line: file.lineOf(place),
      place: place || '/',
      message,
      mend,
    }));
    return { value: file.value, problems };
  } catch (error) {
    const problems = (error as AudioCloudError).details?.['problems'] as DeviceProblem[] | undefined;
    if (!problems) throw error;
    return { value: undefined, problems };
  }
}
