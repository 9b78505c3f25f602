import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Adapter } from '@audiocloud/api';
import t from 'tap';
import { adapter } from './index.ts';

t.test('the library answers; a device that is not there is refused with what to do', async (t) => {
  t.ok(Array.isArray(await adapter.list([])));
  const facts = { id: '/dev/hidraw-that-is-not-there', attributes: {} };
  for (const _ of [1, 2])
    await t.rejects(adapter.open(facts, {}), {
      code: 'ADAPTER_FAILED',
      message: /not-there.*; the device must be there/,
    });
});

t.test('of two opens at once the second is refused', async (t) => {
  const facts = { id: '/dev/hidraw-that-is-not-there', attributes: {} };
  const first = t.rejects(adapter.open(facts, {}), { message: /not-there.*; the device must be there/ });
  await t.rejects(adapter.open(facts, {}), { code: 'ADAPTER_FAILED', message: /open already/ });
  await first;
});

t.test('without the library the adapter says what to install', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'audiocloud-hid-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const root = join(import.meta.dirname, '../../..');
  cpSync(import.meta.dirname, folder, { recursive: true, filter: (path) => !path.includes('node_modules') });
  mkdirSync(join(folder, 'node_modules/@audiocloud'), { recursive: true });
  symlinkSync(join(root, 'api'), join(folder, 'node_modules/@audiocloud/api'));
  const { adapter: bare } = (await import(pathToFileURL(join(folder, 'index.ts')).href)) as { adapter: Adapter };
  const wanted = {
    code: 'ADAPTER_FAILED',
    message: /node-hid.*; install node-hid beside the adapter \(npm install node-hid@3/,
  };
  await t.rejects(bare.list([]), wanted);
  await t.rejects(bare.open({ id: 'x', attributes: {} }, {}), wanted);
});

t.test('the simulated device takes pages and moves its meter', async (t) => {
  const { adapter: simulator } = (await import('./simulator.ts')) as { adapter: Adapter };
  const [facts] = await simulator.list([{ vendorId: '0d8c', productId: '0014' }]);
  const port = await simulator.open(facts!, {});
  t.teardown(() => port.close());
  const reports: string[] = [];
  const quiet = Promise.withResolvers<void>();
  port.onData((report) => {
    reports.push(Buffer.from(report).toString('hex'));
    quiet.resolve();
  });
  await port.write(Uint8Array.of(0, 0x80, 0, 72, 0)); // gain -14 dB
  await quiet.promise;
  t.strictSame(reports, ['00018100000000'], 'a level of 129 / 1024 is told: -18 dB, from -4 dB at the input');
});
