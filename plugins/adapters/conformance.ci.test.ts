import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CheckPackageOptions, checkPackage } from '@audiocloud/engine';
import t, { type Test } from 'tap';
import { outletServer } from './http/testing/outlet-server.ts';
import { tcpStrip, udpStrip } from './osc/testing/strip-server.ts';

async function passes(t: Test, name: string, options: CheckPackageOptions = {}) {
  const { models } = await checkPackage(join(import.meta.dirname, name), options);
  for (const { name, result, detail } of models[0]!.checks) {
    const isLeftOut = result === 'skipped' && (name === 'integrity' || options.hardware !== undefined);
    t.ok(result === 'passed' || isLeftOut, `${name}: ${result}: ${detail}`);
  }
}

for (const name of ['http', 'midi', 'osc', 'serial', 'usb-hid'])
  t.test(`${name} passes the conformance suite with its simulator`, (t) => passes(t, name));

const at = (port: number) => ({ host: '127.0.0.1', port: String(port) });

t.test('osc passes over real UDP', async (t) => {
  const { port } = await udpStrip(t);
  await passes(t, 'osc', { hardware: { port: at(port), settings: { transport: 'udp', heartbeat: '/strip/gain' } } });
});

t.test('osc passes over real TCP', async (t) => {
  const { port } = await tcpStrip(t);
  await passes(t, 'osc', { hardware: { port: at(port), settings: { transport: 'tcp' } } });
});

t.test('http passes with a real server', async (t) => {
  const { port } = await outletServer(t);
  await passes(t, 'http', { hardware: { port: at(port), settings: {} } });
});

const noSocat = spawnSync('socat', ['-V']).error === undefined ? false : 'socat is not installed';

t.test('serial passes with a pty pair', { skip: noSocat }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'audiocloud-serial-'));
  const [path, other] = [join(folder, 'a'), join(folder, 'b')];
  // the other end is read by `cat`: what nobody reads would fill the pty
  const socat = spawn('socat', [`pty,raw,echo=0,link=${path}`, `pty,raw,echo=0,link=${other}`]);
  t.teardown(() => {
    socat.kill();
    rmSync(folder, { recursive: true });
  });
  while (!existsSync(path) || !existsSync(other)) await sleep(10);
  const reader = spawn('cat', [other]);
  reader.stdout.resume();
  t.teardown(() => reader.kill());
  await passes(t, 'serial', { hardware: { port: { path }, settings: { baudRate: 115200 } } });
});
