import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { listPorts } from './serial-ports.ts';

t.test('a path in full is there when it is a device, also through a link', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'audiocloud-serial-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const path = join(folder, 'port');
  t.same(await listPorts([{ path }]), []);
  await symlink('/dev/null', path);
  t.same(await listPorts([{ path }, { path }]), [{ id: path, attributes: { path } }]);
  t.same(await listPorts([{ path: folder }]), [], 'a folder is no port');
});

t.test('a pattern asks the system, with or without udev', async (t) => {
  const ports = await listPorts([{ manufacturer: 'nobody*' }]);
  t.ok(ports.every(({ id, attributes }) => id === attributes['path']));
});
