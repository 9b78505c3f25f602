import { checkPackage } from '@audiocloud/engine';
import t from 'tap';
import { node } from './testing/node.ts';

t.test('the adapter passes the conformance suite, with its simulator and with a node', async (t) => {
  const { port } = await node(t);
  const hardware = {
    port: { host: '127.0.0.1', port: String(port) },
    settings: { universe: 0, localPort: 0 },
    bytes: '00000000',
  };
  for (const options of [{}, { hardware }]) {
    const { models } = await checkPackage(import.meta.dirname, options);
    for (const { name, result, detail } of models[0]!.checks)
      t.ok(result === 'passed' || result === 'skipped', `${name}: ${result}: ${detail}`);
  }
});
