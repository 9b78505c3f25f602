import t from 'tap';
import { loadDevicePackage } from '../../../engine/adapter/device-package.ts';
import { SafetyGate } from '../../../engine/adapter/safety/safety-gate.ts';
import { safetyRules } from '../../../engine/adapter/safety/safety-rules.ts';
import { stockDevice } from '../../../engine/adapter/testing/driven-device.ts';
import { settle, SteppedClock } from '../../../engine/adapter/testing/stepped-clock.ts';

const device = await stockDevice('generic-tape-machine');

const text = (hex: string) => Buffer.from(hex, 'hex').toString('latin1');

t.test('power and transport are lines', async (t) => {
  t.same(device.start().map(text), ['SGPW0000\r\n', 'SGST STOP\r\n']);
  t.equal(text(device.set('power', true)), 'SGPW1000\r\n');
  t.equal(text(device.set('transport', 'record')), 'SGST RCRD\r\n');
  t.equal(text(device.set('transport', 'start')), 'SGST 2STR\r\n');
});

t.test('it is asked for its state and its position', async (t) => {
  t.same(device.polls().map(text), ['RGST0000\r\n', 'RGSM0000\r\n']);
});

t.test('its answers are play state and position', async (t) => {
  const said = (line: string) => device.receive(Buffer.from(`${line}\r\n`));
  t.same(said('RGST0000'), { 'playState 0': 'idle' });
  t.same(said('RGST0002'), { 'playState 0': 'playing' });
  t.same(said('RGST0999'), { 'playState 0': 'busy' });
  t.same(said('RGSM3600'), { 'position 0': 3600 });
  t.equal(device.garbage, 0);
  t.same(said('RGST1000'), {}, 'no state');
  t.same(said('SGXX'), {});
  t.equal(device.garbage, 12);
});

t.test('switched off it stays off for its five seconds, and stops at any time', async (t) => {
  const { model, driver } = (await loadDevicePackage(import.meta.dirname))[0]!;
  const clock = new SteppedClock();
  const gate = new SafetyGate({ rules: safetyRules(model, driver), unit: 'one', clock, memory: new Map() });
  const power = model.parameters.findIndex(({ id }) => id === 'power');
  const set = (isOn: boolean) => {
    const passage = gate.ask(power, 0, 'power', isOn, false);
    const one = { isSent: false, ended: passage.ended };
    passage.opened.then(() => (one.isSent = true));
    return one;
  };
  for (const isOn of [true, false]) {
    const one = set(isOn);
    await settle();
    t.ok(one.isSent, 'off at any time');
    one.ended('sent');
  }
  const again = set(true);
  await clock.advance(4999);
  t.notOk(again.isSent);
  await clock.advance(1);
  t.ok(again.isSent);
  t.notOk(
    gate.guards(
      model.parameters.findIndex(({ id }) => id === 'transport'),
      0,
    ),
  );
});
