import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { FixedRack } from '../engine/adapter/fixed-rack.ts';
import { untilState } from '../engine/adapter/testing/until-state.ts';
import { noPty, ptyCable } from './pty-cable.ts';

const DEVICES = join(import.meta.dirname, '../plugins/devices');
const PREAMP = 'generic:line-preamp:one';
const DECK = 'generic:tape-machine:one';

t.setTimeout(5 * 60 * 1000);

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

t.test(
  'a cable pulled and put back 100 times leaves a true state and no descriptor open',
  { skip: noPty },
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'audiocloud-serial-'));
    const rack = new FixedRack();
    let cable = await ptyCable(folder);
    t.teardown(async () => {
      await rack.close();
      await cable.unplug();
      await rm(folder, { recursive: true });
    });
    await rack.open({ instances: [{ id: DECK, driver: 'generic-tape-machine', port: { path: cable.path } }] }, DEVICES);
    await untilState(rack, DECK, ({ state }) => state === 'ready');
    await rack.set(DECK, 'transport', 0, 'record');
    const descriptors = async () => (await readdir(`/proc/${rack.processes()[0]!.pid}/fd`)).length;
    const before = await descriptors();
    const wanted = 'SGST RCRD\r\nRGST0000\r\nRGSM0000\r\nSGPW0000\r\n';
    const slowest = { lostMs: 0, backMs: 0 };
    let wrong = 0;
    for (let cycle = 0; cycle < 100; cycle++) {
      const pulledMs = performance.now();
      await cable.unplug();
      const { reports, parameters } = await untilState(rack, DECK, ({ state }) => state === 'disconnected');
      const lostMs = performance.now() - pulledMs;
      if (Object.keys(reports).length > 0 || parameters['transport']?.[0] !== 'record') wrong++;
      cable = await ptyCable(folder);
      const putBackMs = performance.now();
      // What has no rules, what it is asked, and then its power, which has.
      if ((await cable.read(wanted.length)) !== wanted) wrong++;
      await untilState(rack, DECK, ({ state }) => state === 'ready');
      slowest.lostMs = Math.max(slowest.lostMs, lostMs);
      slowest.backMs = Math.max(slowest.backMs, performance.now() - putBackMs);
    }
    t.comment(`noticed within ${slowest.lostMs.toFixed(0)} ms, recovered within ${slowest.backMs.toFixed(0)} ms`);
    t.equal(wrong, 0, 'what is told is so, and all parameters are sent again, in their order');
    t.equal(await descriptors(), before);
    t.equal(rack.processes()[0]!.starts, 1);
  },
);
