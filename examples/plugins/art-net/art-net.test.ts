import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkPackage, FixedRack, foundFolders } from '@audiocloud/engine';
import t, { type Test } from 'tap';
import { CommandProcess } from '../../../cli/testing/run-command.ts';
import { untilState } from '../../../engine/adapter/testing/until-state.ts';

const ADAPTER = import.meta.dirname;
const DEVICE = join(ADAPTER, '../art-net-lamp');
const LAMP = 'example:art-net-lamp:door';
const hex = (text: string) => Buffer.from(text).toString('hex');

/** A node on a socket of this machine: answers ArtPoll, keeps the ArtDmx packets. All bytes by hand: Art-Net 4. */
async function node(t: Test, port = 0) {
  const socket = createSocket('udp4').bind(port, '127.0.0.1');
  await once(socket, 'listening');
  const pages: string[] = [];
  let onPage = () => {};
  let controller = { address: '', port: 0 };
  const reply = Buffer.alloc(239);
  reply.write('Art-Net\0', 0, 'latin1');
  reply.writeUInt16LE(0x2100, 8);
  reply.write('Studio lamp 1', 26, 'latin1');
  reply.write('0a0b0c0d0e0f', 201, 'hex');
  socket.on('message', (packet, from) => {
    controller = from;
    if (packet.readUInt16LE(8) === 0x2000) socket.send(reply, from.port, from.address);
    else {
      pages.push(packet.toString('hex'));
      onPage();
    }
  });
  const end = () => new Promise<void>((resolve) => socket.close(() => resolve()));
  let isOpen = true;
  const unplug = async () => {
    if (isOpen) await end();
    isOpen = false;
  };
  t.teardown(unplug);
  /** Resolves with the newest page once it is this one. */
  const until = async (page: string) => {
    while (!pages.at(-1)?.endsWith(page))
      await new Promise<void>((resolve) => {
        onPage = resolve;
      });
    return pages.at(-1)!;
  };
  return {
    port: socket.address().port,
    pages,
    until,
    unplug,
    send: (bytes: Buffer) => socket.send(bytes, controller.port, controller.address),
  };
}

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

t.test('the adapter passes the conformance suite, with its simulator and with a node', async (t) => {
  const { port } = await node(t);
  const hardware = {
    port: { host: '127.0.0.1', port: String(port) },
    settings: { universe: 0, localPort: 0 },
    bytes: '00000000',
  };
  for (const options of [{}, { hardware }]) {
    const { models } = await checkPackage(ADAPTER, options);
    for (const { name, result, detail } of models[0]!.checks)
      t.ok(result === 'passed' || result === 'skipped', `${name}: ${result}: ${detail}`);
  }
});
