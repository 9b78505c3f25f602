import { fileURLToPath } from 'node:url';
import { loadPlugin, type Plugin, Probe, type ProbeOptions } from '@audiocloud/engine';
import { buildWasm } from '../../scripts/build-wasm.ts';

const stock = fileURLToPath(new URL('..', import.meta.url));
let loaded: { folder: string; plugin: Plugin } | undefined;

/**
 * The stock plugin, built if need be. AUDIOCLOUD_STOCK_PLUGIN names the folder of another build of it, which is what
 * `wrong-coefficients.ci.test.ts` uses.
 */
export async function stockPlugin(): Promise<Plugin> {
  const other = process.env['AUDIOCLOUD_STOCK_PLUGIN'];
  const folder = other || stock;
  if (loaded?.folder !== folder) {
    if (!other) await buildWasm({ ifMissing: true });
    loaded = { folder, plugin: loadPlugin(folder) };
  }
  return loaded.plugin;
}

/** A probe of the stock model `audiocloud:name`, 48,000 Hz and blocks of up to 1,024 unless told. */
export async function probe(name: string, options: Partial<ProbeOptions> = {}): Promise<Probe> {
  return new Probe(await stockPlugin(), `audiocloud:${name}`, { sampleRate: 48000, maxFrames: 1024, ...options });
}
