import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { FixedRack } from '../engine/adapter/fixed-rack.ts';
import { untilState } from '../engine/adapter/testing/until-state.ts';
import { noPty, ptyCable } from './pty-cable.ts';

const DEVICES = join(import.meta.dirname, '../plugins/devices');
const PREAMP = 'generic:line-preamp:one';

t.test('a serial device gets its bytes, tells its level, is missed and found again', { skip: noPty }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'audiocloud-serial-'));
  let cable = await ptyCable(folder);
  const rack = new FixedRack();
  t.teardown(async () => {
    await rack.close();
    await cable.unplug();
    await rm(folder, { recursive: true });
  });
  await rack.open({ instances: [{ id: PREAMP, driver: 'generic-line-preamp', port: { path: cable.path } }] }, DEVICES);

  // The lines by hand: gain in dB with one digit after the point, CR LF.
  const power = 'GAIN 0.0\r\n';
  t.equal(await cable.read(power.length), power, 'every parameter is sent on connection');
  await untilState(rack, PREAMP, ({ state }) => state === 'ready');

  await rack.set(PREAMP, 'gainDb', 0, -6.04);
  t.equal(await cable.read(11), 'GAIN -6.0\r\n');
  await rack.set(PREAMP, 'gainDb', 0, 60);
  t.equal(await cable.read(11), 'GAIN 60.0\r\n');

  const answer = rack.set(PREAMP, 'gainDb', 0, 12.5);
  t.equal(await cable.read(11), 'GAIN 12.5\r\n');
  await t.resolves(answer);

  cable.write('LEV');
  cable.write('EL -18.5\r\nLEVEL 1e3\r\n\x00\xff~\r\n');
  await untilState(rack, PREAMP, ({ reports }) => reports['levelDb']?.[0] === -18.5);
  cable.write('LEVEL 99\r\n');
  await untilState(rack, PREAMP, ({ reports }) => reports['levelDb']?.[0] === 20);
  t.equal(rack.garbageCount(PREAMP), 'LEVEL 1e3'.length + 3, 'what is no level is counted');

  // A burst: the last value wins, and what the wire carries is a part of what was asked, in its order.
  const asked = Array.from({ length: 200 }, (_, i) => (i - 100) / 10);
  const all = Promise.all(asked.map((gainDb) => rack.set(PREAMP, 'gainDb', 0, gainDb)));
  await all;
  const seen: number[] = [];
  let line = '';
  while (seen.at(-1) !== asked.at(-1)) {
    line += await cable.read(1);
    if (!line.endsWith('\r\n')) continue;
    const gain = /^GAIN (-?\d+\.\d)\r\n$/.exec(line);
    t.ok(gain, JSON.stringify(line));
    seen.push(Number(gain?.[1]));
    line = '';
  }
  t.same(
    asked.filter((gainDb) => seen.includes(gainDb)),
    seen,
    'in order, none twice',
  );

  await cable.unplug();
  const lost = await untilState(rack, PREAMP, ({ state }) => state === 'disconnected');
  t.equal(lost.error?.code, 'FIXED_INSTANCE_UNAVAILABLE');
  await t.rejects(rack.set(PREAMP, 'gainDb', 0, 1), { code: 'FIXED_INSTANCE_UNAVAILABLE' });

  cable = await ptyCable(folder);
  t.equal(await cable.read(10), 'GAIN 9.9\r\n', 'the last value is sent again');
});

t.test('five cables pulled and put back leave no descriptor open', { skip: noPty }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'audiocloud-serial-'));
  const rack = new FixedRack();
  let cable = await ptyCable(folder);
  t.teardown(async () => {
    await rack.close();
    await cable.unplug();
    await rm(folder, { recursive: true });
  });
  await rack.open({ instances: [{ id: PREAMP, driver: 'generic-line-preamp', port: { path: cable.path } }] }, DEVICES);
  await untilState(rack, PREAMP, ({ state }) => state === 'ready');
  const descriptors = async () => (await readdir(`/proc/${rack.processes()[0]!.pid}/fd`)).length;
  const before = await descriptors();
  for (let cycle = 0; cycle < 5; cycle++) {
    await cable.unplug();
    await untilState(rack, PREAMP, ({ state }) => state === 'disconnected');
    cable = await ptyCable(folder);
    await untilState(rack, PREAMP, ({ state }) => state === 'ready');
    t.equal(await cable.read(10), 'GAIN 0.0\r\n');
  }
  t.equal(await descriptors(), before);
  t.equal(rack.processes()[0]!.starts, 1);
});
