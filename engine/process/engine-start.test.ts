import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { engineSettings } from './engine-settings.ts';
import { Engine } from './engine.ts';

const PREAMP = join(import.meta.dirname, '../../plugins/devices/generic-line-preamp');

t.test('an engine that does not start leaves no adapter process behind', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'audiocloud-start-'));
  t.teardown(() => rmSync(dataDir, { recursive: true }));
  const instances = [{ id: 'generic:line-preamp:one', driver: PREAMP, simulate: true }];
  writeFileSync(join(dataDir, 'rack.json'), JSON.stringify({ instances }));
  const settings = engineSettings(['--data', dataDir], { AUDIOCLOUD_DEVICE: 'nothing' });
  await t.rejects(Engine.start(settings), { code: 'DEVICE_UNKNOWN' });
  while (process.getActiveResourcesInfo().includes('ProcessWrap')) await pause(10);
  t.pass('nor is one started later: it would hold this file');
});

t.test('one that fails after its render threads were started ends them', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'audiocloud-start-'));
  t.teardown(() => rmSync(dataDir, { recursive: true }));
  const settings = engineSettings(['--data', dataDir], { AUDIOCLOUD_DEVICE: 'paced', AUDIOCLOUD_THREADS: '1' });
  Object.defineProperty(settings, 'outputCeilingsDb', {
    get: () => {
      throw new RangeError('they are needed after the threads');
    },
    enumerable: false,
  });
  await t.rejects(Engine.start(settings), { message: 'they are needed after the threads' });
  while (process.getActiveResourcesInfo().includes('MessagePort')) await pause(10);
  t.pass('no thread is left');
});

t.test('a rack whose device is not the one that was asked for is told of', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'audiocloud-start-'));
  t.teardown(() => rmSync(dataDir, { recursive: true }));
  const device = { kind: 'pipe', outputs: 2, play: ['true'] };
  writeFileSync(join(dataDir, 'rack.json'), JSON.stringify({ device, instances: [] }));
  const settings = engineSettings(['--data', dataDir], { AUDIOCLOUD_DEVICE: 'paced', AUDIOCLOUD_THREADS: '1' });
  const engine = await Engine.start(settings);
  t.teardown(() => engine.close());
  const { device: used, refused } = engine.facts();
  t.equal(used.kind, 'paced');
  t.match(refused, [{ code: 'DRIVER_INVALID', message: /it is 'pipe', and AUDIOCLOUD_DEVICE is 'paced'/ }]);
});
