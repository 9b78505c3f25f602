import { readFileSync } from 'node:fs';
import { type AdapterSettings, PluginManifest, check } from '@audiocloud/api';
import t from 'tap';
import { httpSettings } from './http/http-settings.ts';
import { oscSettings } from './osc/address.ts';

function settingsOf(adapter: string): AdapterSettings {
  const text = readFileSync(new URL(`./${adapter}/audiocloud.json`, import.meta.url), 'utf8');
  const manifest = check(PluginManifest, JSON.parse(text), adapter, 'PLUGIN_MANIFEST');
  if (manifest.kind !== 'adapter' || !manifest.settings) throw new Error(`${adapter} takes no settings`);
  return manifest.settings;
}

for (const [adapter, read] of [
  ['http', () => httpSettings({})],
  ['osc', () => oscSettings({ transport: 'udp' })],
] as const)
  t.test(`${adapter} reads the settings of its manifest, with their defaults`, async (t) => {
    const { properties } = settingsOf(adapter);
    const found: Record<string, unknown> = { ...read() };
    t.strictSame(Object.keys(found).sort(), Object.keys(properties).sort());
    for (const [name, setting] of Object.entries(properties))
      if (setting.default !== undefined) t.equal(found[name], setting.default, name);
  });
