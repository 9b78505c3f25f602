import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FixedRack, foundFolders } from '@audiocloud/engine';
import t from 'tap';
import { CommandProcess } from '../../../cli/testing/run-command.ts';
import { untilState } from '../../../engine/adapter/testing/until-state.ts';
import { node } from './testing/node.ts';

const ADAPTER = import.meta.dirname;
const DEVICE = join(ADAPTER, '../art-net-lamp');
const LAMP = 'example:art-net-lamp:door';
const hex = (text: string) => Buffer.from(text).toString('hex');

t.test('adapter and device are packed, installed from their tarballs into a running rack, and used', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'audiocloud-art-net-'));
  const command = new CommandProcess();
  const lamp = await node(t);
  const rack = new FixedRack({ backOffMs: 10 });
  t.teardown(async () => {
    await Promise.all([rack.close(), command.end()]);
    rmSync(folder, { recursive: true });
  });
  const port = { host: '127.0.0.1', port: String(lamp.port) };
  const instance = { id: LAMP, driver: 'audiocloud-example-art-net-lamp', port, settings: { localPort: 0 } };
  await rack.open({ instances: [instance] }, folder);
  t.match(
    rack.states(),
    [{ id: LAMP, state: 'faulty', error: { code: 'PLUGIN_MISSING' } }],
    'nothing is installed yet',
  );

  for (const [path, kind] of [
    [DEVICE, 'device'],
    [ADAPTER, 'adapter'],
  ] as const) {
    const packed = await command.run('plugin', 'pack', path, '--out', folder, '--json');
    t.equal(packed.code, 0, packed.stderr);
    const installed = await command.run(
      'plugin',
      'install',
      JSON.parse(packed.stdout).file,
      '--data',
      folder,
      '--json',
    );
    t.match({ ...installed, ...JSON.parse(installed.stdout) }, { code: 0, kind }, installed.stderr);
    await rack.offer(foundFolders([join(folder, 'plugins')]));
    if (kind === 'device') t.match(rack.states(), [{ state: 'faulty', error: { code: 'ADAPTER_UNKNOWN' } }]);
  }
  await untilState(rack, LAMP, ({ state }) => state === 'ready');
  t.equal(new Set(rack.processes().map(({ adapter }) => adapter)).size, 1);

  // 100 % is 255; the header: Art-Net, ArtDmx, version 14, sequence, physical 0, universe 0, 4 channels.
  const first = await lamp.until('00ffffff');
  t.match(first, new RegExp(`^${hex('Art-Net\0')}0050000e..0000000004`));
  await rack.set(LAMP, 'brightness', 0, 100);
  await rack.set(LAMP, 'green', 0, 20);
  await lamp.until('ffff33ff');

  await lamp.unplug();
  await untilState(rack, LAMP, ({ state }) => state === 'disconnected');
  const again = await node(t, lamp.port);
  await untilState(rack, LAMP, ({ state }) => state === 'ready');
  await again.until('ffff33ff');
  t.pass('it got its values again');
});
