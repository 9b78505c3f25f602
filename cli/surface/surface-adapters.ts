import { type Adapter, AudioCloudError } from '@audiocloud/api';
import { type AdapterPackage, findAdapters, installedPackages } from '@audiocloud/engine';

export type SurfaceAdapters = ReadonlyMap<string, AdapterPackage>;

/** The adapters that there are, by name; those of `folders` (packages) count first. Throws PLUGIN_MANIFEST. */
export function surfaceAdapters(folders: readonly string[]): SurfaceAdapters {
  return findAdapters([...folders, ...installedPackages()]);
}

/** The code of an adapter. It runs in this process: what ends it ends the surface, and no sound. Throws ADAPTER_UNKNOWN. */
export async function loadAdapter(adapters: SurfaceAdapters, name: string): Promise<Adapter> {
  const found = adapters.get(name);
  if (!found)
    throw new AudioCloudError(
      'ADAPTER_UNKNOWN',
      `Cannot use the adapter ${name}: there are ${[...adapters.keys()].join(', ')}; name its package with --plugins`,
    );
  return ((await import(found.entry.href)) as { adapter: Adapter }).adapter;
}
