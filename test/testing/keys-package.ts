import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Model } from '@audiocloud/api';
import { compileIfOld } from '../../scripts/build-wasm.ts';

/** The instrument of keys.as.ts. */
export const keysModel: Model = {
  id: 'test:keys',
  version: '1.0.0',
  name: 'Keys',
  description: 'Its output tells what it was sent.',
  category: 'instrument',
  inputs: [
    { id: 'keys', kind: 'midi' },
    { id: 'pads', kind: 'midi' },
  ],
  outputs: [{ id: 'out', kind: 'audio', channels: { min: 4, max: 4, default: 4 } }],
  parameters: [],
  reports: [],
  mediaSlots: [{ id: 'sample', name: 'Sample', maxSeconds: 20, maxChannels: 1 }],
};

/** A package folder with it, compiled (about a second) when its sources are newer; gone when the test ends. */
export async function keysPackage(t: { teardown(run: () => void): unknown }): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'audiocloud-keys-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const built = await compileIfOld(['test/testing/keys.as.ts'], 'test/testing/build/keys.wasm', 'debug');
  copyFileSync(built, join(folder, 'plugin.wasm'));
  writeFileSync(
    join(folder, 'audiocloud.json'),
    JSON.stringify({ kind: 'wasm', abi: '1.0', module: 'plugin.wasm', models: [keysModel] }),
  );
  return folder;
}

/** Where a channel changes, and to what: [frame, value], the first frame included. */
export function changesOf(channel: Float32Array, scale = 1024): [number, number][] {
  const changes: [number, number][] = [];
  channel.forEach((value, frame) => {
    if (frame === 0 || value !== channel[frame - 1]) changes.push([frame, value * scale]);
  });
  return changes;
}
