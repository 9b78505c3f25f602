import { appendFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { FixedInstanceState, PowerPhase, Rack, RackInstance } from '@audiocloud/api';
import t, { type Test } from 'tap';
import { FixedRack } from './fixed-rack.ts';
import { untilState } from './testing/until-state.ts';

/* A simulated power distributor and what hangs on it: real adapter processes, no hardware. */
const DEVICES = join(import.meta.dirname, '../../plugins/devices');
const OUTLETS = join(import.meta.dirname, 'testing/outlets');
const PDU = 'test:outlets:pdu';
const A = 'generic:line-preamp:a';
const B = 'generic:line-preamp:b';
const distributor: RackInstance = { id: PDU, driver: OUTLETS, simulate: true };
const preamp = (id: string, index: number): RackInstance => ({
  id,
  driver: 'generic-line-preamp',
  simulate: true,
  power: { through: PDU, parameter: 'power', index, report: 'powered' },
});

async function open(t: Test, instances: Rack['instances']): Promise<FixedRack> {
  const rack = new FixedRack({ backOffMs: 10 });
  t.teardown(() => rack.close());
  await rack.open({ instances }, DEVICES);
  return rack;
}
const stateOf = (rack: FixedRack, unit: string) => rack.states().find(({ id }) => id === unit)!;
const phase = (rack: FixedRack, unit: string, wanted: PowerPhase) =>
  untilState(rack, unit, ({ phase }) => phase === wanted);
const ready = (rack: FixedRack, unit: string) => untilState(rack, unit, ({ state }) => state === 'ready');

t.test('a unit has power when the report of its distributor says so, and alone', async (t) => {
  const rack = await open(t, [distributor, preamp(A, 0), preamp(B, 2)]);
  await Promise.all([PDU, A, B].map((unit) => ready(rack, unit)));
  t.match(stateOf(rack, A), { power: false, phase: 'off' });
  t.same(stateOf(rack, PDU).powers, { [A]: { parameter: 'power', index: 0 }, [B]: { parameter: 'power', index: 2 } });

  const seen: FixedInstanceState[] = [];
  const end = rack.onState((state) => state.id === A && seen.push(state));
  await rack.power(A, true);
  await phase(rack, A, 'on');
  end();
  t.same(
    [...new Set(seen.map(({ phase }) => phase))].filter((phase) => phase !== 'off'),
    ['powering-up', 'on'],
  );
  t.match(stateOf(rack, B), { power: false, phase: 'off' });
  t.same(stateOf(rack, PDU).parameters, { power: [true, false, false, false] });

  // It was dead until now: only what is set from now on reaches it.
  await rack.set(A, 'gainDb', 0, 12);
  await untilState(rack, A, ({ reports }) => reports['levelDb']?.[0] === -8);
  await rack.power(A, false);
  await phase(rack, A, 'off');
});

t.test('what a distributor that is away said does not count', async (t) => {
  const rack = await open(t, [distributor, preamp(A, 1)]);
  await ready(rack, PDU);
  await rack.power(A, true);
  await phase(rack, A, 'on');
  rack.simulateFault(PDU, 'unplug');
  await phase(rack, A, 'powering-up');
  await t.rejects(rack.power(A, true), { code: 'FIXED_INSTANCE_UNAVAILABLE', message: /test:outlets:pdu is disconn/ });
  rack.simulateFault(PDU, 'none');
  await phase(rack, A, 'on');
  t.pass('it has its outlets as they were, and says so');
});

t.test('an outlet that powers a unit is set by nobody else', async (t) => {
  const rack = await open(t, [distributor, preamp(A, 1)]);
  await ready(rack, PDU);
  const refusal = { code: 'PARAMETER_OWNED', message: /it is the power of generic:line-preamp:a/ };
  await t.rejects(rack.set(PDU, 'power', 1, true), refusal);
  await t.rejects(rack.set(PDU, 'power', undefined, true), refusal);
  await rack.set(PDU, 'power', 3, true);
  t.same(stateOf(rack, PDU).parameters, { power: [false, false, false, true] });
  await t.rejects(rack.power(PDU, true), { code: 'FIXED_INSTANCE_UNAVAILABLE', message: /not switched/ });
});

t.test('power that a rack wires wrongly makes the unit faulty, and says what is wrong', async (t) => {
  const wired = (unit: string, power: RackInstance['power']): RackInstance => ({
    ...preamp(`generic:line-preamp:${unit}`, 0),
    power,
  });
  const rack = await open(t, [
    distributor,
    preamp(A, 0),
    wired('same', { through: PDU, parameter: 'power', report: 'powered' }),
    wired('nobody', { through: 'test:outlets:nobody', parameter: 'power', report: 'powered' }),
    wired('wrong', { through: PDU, parameter: 'powr', report: 'powered' }),
    wired('fifth', { through: PDU, parameter: 'power', index: 4, report: 'powered' }),
    wired('unheard', { through: PDU, parameter: 'power', index: 1 }),
    wired('mute', { through: PDU, parameter: 'power', index: 1, report: 'current' }),
    wired('gain', { parameter: 'gainDb' }),
    {
      ...distributor,
      id: 'test:outlets:x',
      power: { through: 'test:outlets:y', parameter: 'power', report: 'powered' },
    },
    {
      ...distributor,
      id: 'test:outlets:y',
      power: { through: 'test:outlets:x', parameter: 'power', report: 'powered' },
    },
  ]);
  const why = (unit: string) => stateOf(rack, unit).error?.message ?? '';
  t.match(why('generic:line-preamp:same'), /power\[0\] is the power of generic:line-preamp:a/);
  t.match(why('generic:line-preamp:nobody'), /the rack has no test:outlets:nobody in order/);
  t.match(why('generic:line-preamp:wrong'), /has no parameter powr, only power/);
  t.match(why('generic:line-preamp:fifth'), /has 4 values, counted from 0, and no 4/);
  t.match(why('generic:line-preamp:unheard'), /nothing confirms it/);
  t.match(why('generic:line-preamp:mute'), /has no report current, only powered/);
  t.match(why('generic:line-preamp:gain'), /is no toggle/);
  t.match(why('test:outlets:y'), /test:outlets:x has its own power through it/);
  t.equal(stateOf(rack, A).error, undefined);
});

t.test('what is set holds while its lease is renewed; then safe values are sent, and no others', async (t) => {
  const rack = await open(t, [distributor, preamp(A, 0)]);
  await Promise.all([ready(rack, PDU), ready(rack, A)]);
  rack.lease(30);
  await rack.power(A, true);
  await phase(rack, A, 'on');
  rack.lease(0.2);
  await untilState(rack, PDU, ({ isLeaseOver }) => isLeaseOver === true);
  await phase(rack, A, 'off');
  t.match(stateOf(rack, PDU), { parameters: { power: [false, false, false, false] }, isLeaseOver: true });
  await t.rejects(rack.power(A, true), { code: 'FIXED_INSTANCE_UNAVAILABLE', message: /its lease is over/ });
  rack.lease(30);
  t.equal(stateOf(rack, PDU).isLeaseOver, undefined);
  await rack.power(A, true);
  await phase(rack, A, 'on');
  t.pass('renewed, it is as before');
});

t.test(
  'a value on its way at the end of the lease, of which no safe one is told, is in the state when it is there',
  async (t) => {
    const driver = mkdtempSync(join(tmpdir(), 'audiocloud-ramp-'));
    t.teardown(() => rmSync(driver, { recursive: true }));
    cpSync(join(DEVICES, 'generic-line-preamp'), driver, { recursive: true });
    appendFileSync(join(driver, 'driver.yaml'), 'delivery: { gainDb: { ramp: { step: 1, everyMs: 40 } } }\n');
    const rack = await open(t, [{ id: A, driver, simulate: true }]);
    await ready(rack, A);
    rack.lease(0.2);
    const set = rack.set(A, 'gainDb', 0, 12);
    await untilState(rack, A, ({ isLeaseOver }) => isLeaseOver === true);
    t.same(await set, ['sent']);
    t.same(stateOf(rack, A).parameters, { gainDb: [12] });
  },
);

t.test('a lease that is renewed in time changes nothing, and says nothing', async (t) => {
  const rack = await open(t, [distributor, preamp(A, 0)]);
  await ready(rack, PDU);
  rack.lease(2);
  await rack.power(A, true);
  await phase(rack, A, 'on');
  const seen: FixedInstanceState[] = [];
  rack.onState((state) => seen.push(state));
  for (let i = 0; i < 8; i++) {
    rack.lease(2);
    await pause(400);
  }
  t.same(
    seen.filter(({ isLeaseOver, id, phase }) => isLeaseOver || (id === A && phase !== 'on')),
    [],
  );
});
