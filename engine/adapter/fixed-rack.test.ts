import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Rack } from '@audiocloud/api';
import t from 'tap';
import { FixedRack } from './fixed-rack.ts';
import { untilState } from './testing/until-state.ts';

const DEVICES = join(import.meta.dirname, '../../plugins/devices');
const EFFECT = 'generic:cc-effect:one';
const PREAMP = 'generic:line-preamp:one';
const RACK: Rack = {
  instances: [
    { id: EFFECT, driver: 'generic-cc-effect', simulate: true },
    { id: PREAMP, driver: 'generic-line-preamp', simulate: true },
  ],
};

const ready = (rack: FixedRack, id: string) => untilState(rack, id, ({ state }) => state === 'ready');
const level = (rack: FixedRack, id: string, report: string, value: number) =>
  untilState(rack, id, ({ reports }) => reports[report]?.[0] === value);

const rack = new FixedRack({ backOffMs: 10 });
t.teardown(() => rack.close());
t.before(async () => {
  const missing = { id: 'generic:cc-effect:missing', driver: 'no-such-device' };
  await rack.open({ instances: [...RACK.instances, missing] }, DEVICES);
  await Promise.all([ready(rack, EFFECT), ready(rack, PREAMP)]);
});

t.test('a value goes through rack, adapter process and simulated device and comes back as reports', async (t) => {
  t.equal(new Set(rack.processes().map(({ pid }) => pid)).size, 2, 'each adapter has a process of its own');

  await rack.set(EFFECT, 'mix', 0, 100);
  t.same(rack.states()[0]!.parameters, { mix: [100] });
  await level(rack, EFFECT, 'level', 100);
  await rack.set(PREAMP, 'gainDb', undefined, 12);
  await level(rack, PREAMP, 'levelDb', -8);
  t.pass('both levels followed');
  t.same(
    rack.models().map(({ id }) => id),
    ['generic:cc-effect', 'generic:line-preamp'],
  );
});

t.test('what cannot be set is refused by name, and nothing changes', async (t) => {
  await t.rejects(rack.set('generic:cc-effect:two', 'mix', 0, 1), { code: 'FIXED_INSTANCE_UNKNOWN' });
  await t.rejects(rack.set(EFFECT, 'mixx', 0, 1), { code: 'PARAMETER_UNKNOWN' });
  await t.rejects(rack.set(EFFECT, 'mix', 1, 1), { code: 'PARAMETER_VALUE' });
  await t.rejects(rack.set(EFFECT, 'mix', 0, 100.1), { code: 'PARAMETER_VALUE' });
  t.same(rack.states()[0]!.parameters, { mix: [100] });
});

t.test('a simulated device that is unplugged is noticed; plugged in again it gets its values', async (t) => {
  await rack.set(PREAMP, 'gainDb', 0, 30);
  await level(rack, PREAMP, 'levelDb', 10);

  rack.simulateFault(PREAMP, 'unplug');
  const lost = await untilState(rack, PREAMP, ({ state }) => state === 'disconnected');
  t.equal(lost.error?.code, 'FIXED_INSTANCE_UNAVAILABLE');
  await t.rejects(rack.set(PREAMP, 'gainDb', 0, 0), { code: 'FIXED_INSTANCE_UNAVAILABLE' });

  t.same(lost.reports, {}, 'what it said before is no longer told');

  // The device forgot everything: without its gain its level would be -20 dB.
  rack.simulateFault(PREAMP, 'none');
  await ready(rack, PREAMP);
  await level(rack, PREAMP, 'levelDb', 10);
  t.same(rack.states()[1]!.parameters, { gainDb: [30] }, 'the refused value was not kept');
});

t.test('garbage from a device is counted, silence is quiet, and the instance goes on', async (t) => {
  for (const id of [EFFECT, PREAMP]) {
    rack.simulateFault(id, 'garbage');
    await untilState(rack, id, () => rack.garbageCount(id) > 20);
    rack.simulateFault(id, 'silence');
  }
  await rack.set(EFFECT, 'mix', 0, 50);
  rack.simulateFault(EFFECT, 'none');
  await rack.set(EFFECT, 'mix', 0, 100);
  await level(rack, EFFECT, 'level', 100);
  t.same(
    rack.states().map(({ state }) => state),
    ['ready', 'ready', 'faulty'],
  );
});

t.test('a killed adapter process is named, started again, and every value is sent again', async (t) => {
  await rack.set(EFFECT, 'mix', 0, 100);
  await level(rack, EFFECT, 'level', 100);
  const [before, other] = rack.processes();
  process.kill(before!.pid!, 'SIGKILL');
  const down = await untilState(rack, EFFECT, ({ state }) => state === 'faulty');
  t.equal(down.error?.code, 'ADAPTER_FAILED');
  t.match(down.error?.message, /generic:cc-effect simulator: ended by SIGKILL/);
  await t.rejects(rack.set(EFFECT, 'mix', 0, 1), { code: 'ADAPTER_FAILED' });
  await ready(rack, EFFECT);
  // The new simulator begins at level 0 and moves only because it was told the mix again.
  await level(rack, EFFECT, 'level', 100);
  const [after, same] = rack.processes();
  t.ok(after!.starts >= 2, `${after!.starts} starts`); // on a busy machine one may have been given up
  t.not(after!.pid, before!.pid);
  t.same(same, other, 'the other adapter did not notice');
});

t.test('a set that is under way when the process dies is refused, not lost', async (t) => {
  const before = rack.states()[0]!.parameters;
  process.kill(rack.processes()[0]!.pid!, 'SIGSTOP');
  const set = rack.set(EFFECT, 'mix', 0, 70);
  process.kill(rack.processes()[0]!.pid!, 'SIGKILL');
  await t.rejects(set, { code: 'ADAPTER_FAILED' });
  t.same(rack.states()[0]!.parameters, before);
  await ready(rack, EFFECT);
});

t.test('an adapter that cannot run is given up after the limit, and says why', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'audiocloud-adapter-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const manifest = { kind: 'adapter', adapter: 'midi', entry: 'index.mjs', carries: 'midi' };
  await writeFile(join(folder, 'audiocloud.json'), JSON.stringify(manifest));
  await writeFile(join(folder, 'index.mjs'), 'throw new Error("no such bus here")');
  const rack = new FixedRack({ packages: [folder], backOffMs: 1, maxFailures: 2 });
  t.teardown(() => rack.close());
  await rack.open({ instances: [{ id: EFFECT, driver: 'generic-cc-effect' }] }, DEVICES);
  const state = await untilState(rack, EFFECT, ({ error }) => /gave up/.test(error?.message ?? ''));
  t.match(state.error, { code: 'ADAPTER_FAILED', message: /no such bus here.*gave up after 2 failures/ });
  await t.rejects(rack.set(EFFECT, 'mix', 0, 1), { code: 'ADAPTER_FAILED', message: /no such bus here/ });
  t.equal(rack.processes()[0]!.starts, 2);
});

t.test('settings that the adapter does not take are refused by name, and their values are not told', async (t) => {
  const rack = new FixedRack();
  t.teardown(() => rack.close());
  const settings = { baudRate: 9600, parity: 'secret' };
  await rack.open({ instances: [{ id: PREAMP, driver: 'generic-line-preamp', settings }] }, DEVICES);
  const [state] = rack.states();
  t.match(state, { state: 'faulty', error: { code: 'DRIVER_INVALID', message: /parity .*none,even,odd/ } });
  t.notMatch(JSON.stringify(state), 'secret');
  t.strictSame(rack.processes(), [], 'no process was started for it');
});

t.test('a driver with a mistake makes its instance faulty before a byte is sent; the others run', async (t) => {
  const missing = 'generic:cc-effect:missing';
  const state = rack.states().find(({ id }) => id === missing)!;
  t.match(state, { state: 'faulty', error: { code: 'PLUGIN_MISSING' } });
  await t.rejects(rack.set(missing, 'mix', 0, 1), { code: 'PLUGIN_MISSING' });
});

t.test('a unit whose package comes later is made with what was measured of its sound', async (t) => {
  const rack = new FixedRack();
  t.teardown(() => rack.close());
  const sound = { send: [0], return: [1] };
  await rack.open({ instances: [{ id: EFFECT, driver: '@audiocloud/device-late', simulate: true, sound }] });
  t.match(rack.states(), [{ state: 'faulty', error: { code: 'PLUGIN_MISSING' } }]);
  const calibration = {
    ...{ device: 'paced', sampleRate: 48_000, blockFrames: 128, sound, roundTripFrames: 300, isLevelKept: false },
    returns: [{ gainDb: -1, isReversed: false, noiseDb: -90, confidence: 1 }],
    measuredAt: '2026-01-01T00:00:00.000Z',
  };
  rack.calibrated(EFFECT, calibration);

  const folder = await mkdtemp(join(tmpdir(), 'audiocloud-late-'));
  t.teardown(() => rm(folder, { recursive: true }));
  await cp(join(DEVICES, 'generic-cc-effect'), folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{ "name": "@audiocloud/device-late", "version": "1.0.0" }');
  await rack.offer([folder]);
  await ready(rack, EFFECT);
  t.same(rack.states()[0]!.calibration, calibration);
});

t.test('close ends the adapter processes', async (t) => {
  const pids = rack.processes().map(({ pid }) => pid!);
  await rack.close();
  for (const pid of pids) t.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
});
