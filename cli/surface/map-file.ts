import { AudioCloudError, type Model, SurfaceMap, type Task } from '@audiocloud/api';
import { fitBinding, mapMistakes, type SurfaceCheck, type SurfaceMistake } from '@audiocloud/client';
import { checkSettings, readDataFile, schemaMistakes } from '@audiocloud/engine';
import type { SurfaceAdapters } from './surface-adapters.ts';

/** One mistake of a map file. line: from 1. */
export interface SurfaceProblem extends SurfaceMistake {
  file: string;
  line: number;
}

/** A map as it was read: `map` where it has the right form, and every mistake that there is without a task. */
export interface MapFile {
  path: string;
  map: SurfaceMap | undefined;
  problems: SurfaceProblem[];
  /** A mistake with its place in the file. */
  located(mistake: SurfaceMistake): SurfaceProblem;
}

/** Reads a map, YAML or JSON. Throws SURFACE_INVALID when the file cannot be read at all. */
export async function lintMapFile(path: string, adapters: SurfaceAdapters): Promise<MapFile> {
  let file: Awaited<ReturnType<typeof readDataFile>>;
  try {
    file = await readDataFile(path, 'SURFACE_INVALID');
  } catch (error) {
    const problems = (error as AudioCloudError).details?.['problems'] as SurfaceProblem[] | undefined;
    if (!problems) throw error;
    return { path, map: undefined, problems, located: (mistake) => ({ ...mistake, file: path, line: 1 }) };
  }
  const located = ({ check, place, message, mend }: SurfaceMistake): SurfaceProblem => ({
    check,
    file: path,
    line: file.lineOf(place),
    place: place || '/',
    message,
    mend,
  });
  const shape = [...schemaMistakes(SurfaceMap, file.value, '')].map((mistake) =>
    located({ ...mistake, check: mistake.check as SurfaceCheck }),
  );
  if (shape.length) return { path, map: undefined, problems: shape, located };
  const map = file.value as SurfaceMap;
  const own = [...mapMistakes(map, (adapter) => adapters.get(adapter)?.carries), ...settingsMistakes(map, adapters)];
  return { path, map, problems: own.map(located), located };
}

function* settingsMistakes({ surfaces }: SurfaceMap, adapters: SurfaceAdapters): Generator<SurfaceMistake> {
  for (const [name, { adapter, settings }] of Object.entries(surfaces)) {
    const traits = adapters.get(adapter);
    if (!traits || (traits.carries !== 'midi' && traits.carries !== 'osc')) continue; // told already
    try {
      checkSettings(traits, settings, `the settings of ${name}`);
    } catch (error) {
      const { details } = error as AudioCloudError;
      const message = (details!['problems'] as string[]).join('; ');
      yield {
        check: 'settings',
        place: `/surfaces/${name}${settings ? '/settings' : ''}`,
        message,
        mend: `${adapter} takes ${Object.keys(traits.settings.properties).join(', ') || 'none'}`,
      };
    }
  }
}

/** What of a map does not fit a task. */
export function taskMistakes({ bindings }: SurfaceMap, task: Task, models: readonly Model[]): SurfaceMistake[] {
  return bindings.flatMap((binding, i) => {
    const fitted = fitBinding(binding, `/bindings/${i}`, task, models);
    return 'check' in fitted ? [fitted] : [];
  });
}

/** Reads a map for use. Throws SURFACE_INVALID with every mistake: a map with one is refused whole. */
export async function readMapFile(path: string, adapters: SurfaceAdapters): Promise<MapFile & { map: SurfaceMap }> {
  const file = await lintMapFile(path, adapters);
  if (!file.map || file.problems.length) throw mapRefusal(path, file.problems);
  return { ...file, map: file.map };
}

export function mapRefusal(path: string, problems: readonly SurfaceProblem[]): AudioCloudError {
  const lines = problems
    .slice(0, 8)
    .map(({ line, place, message, mend }) => `line ${line}: ${place} ${message}; ${mend}`);
  return new AudioCloudError('SURFACE_INVALID', `Cannot accept the surface map ${path}: ${lines.join('; ')}`, {
    file: path,
    problems,
  });
}
