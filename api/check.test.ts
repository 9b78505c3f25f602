import t from 'tap';
import { check } from './check.ts';
import { PluginManifest } from './plugin-manifest.ts';

t.test('of a union what is wrong is said of the member that a value says it is', async (t) => {
  for (const [value, problems] of [
    [{ kind: 'adapter', adapter: 'acme', entry: 'index.ts', carries: 'smoke' }, [/^\/carries must be .*: midi,stream/]],
    [{ kind: 'device', models: ['model.yaml'], entry: 'index.ts' }, [/^\/ must have required properties drivers$/]],
    [{ kind: 'wasm', abi: 'one', module: 'a.wasm', models: ['a.json'] }, [/^\/abi must match pattern/]],
    [{ kind: 'box' }, [/^\/kind must be equal to one of the allowed values: wasm,device,adapter$/]],
    [{}, [/^\/kind must be equal to one of the allowed values/]],
    ['wasm', [/^\/ must be object/]],
  ] as const)
    t.throws(() => check(PluginManifest, value, 'the manifest', 'PLUGIN_MANIFEST'), {
      code: 'PLUGIN_MANIFEST',
      details: { problems },
    });
});
