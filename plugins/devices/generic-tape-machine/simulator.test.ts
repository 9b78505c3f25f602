import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { witnessedUnit } from '../../../engine/adapter/testing/witnessed-unit.ts';
import { TickedDevice } from '../../testing/ticked-device.ts';
import { tapeMachine } from './device.ts';

/** Longer than the driver's pause between two questions. */
const POLL_MS = 600;
const hex = (line: string) => Buffer.from(`${line}\r\n`, 'latin1').toString('hex');

t.test('its driver meets it in lines', async (t) => {
  const unit = await witnessedUnit(t, 'generic-tape-machine', [hex('RGST0000'), hex('RGSM0000')]);
  t.same(
    (await unit.next(2)).map((one) => one.hex),
    [hex('SGST STOP'), hex('SGPW0000')],
    'on a connection, what has rules last',
  );
  t.same(await unit.set('power', true), {
    hex: hex('SGPW1000'),
    state: { phase: 'powering up', positionSeconds: 0, unknown: 0 },
  });
  const { reports } = await unit.until((state) => state.reports['playState']?.[0] === 'busy');
  t.same(reports['position'] ?? [0], [0]);
  t.equal((await unit.set('transport', 'record')).hex, hex('SGST RCRD'));
  t.equal((await unit.set('transport', 'start')).hex, hex('SGST 2STR'));
  t.equal(unit.rack.garbageCount(unit.id), 0);

  // Half a frame each: the beginnings of lines run into the next whole one, which is then no line.
  while (unit.rack.garbageCount(unit.id) === 0) {
    unit.fault('half-frame');
    await pause(POLL_MS);
    unit.fault('none');
    await pause(POLL_MS);
  }
  const off = await unit.set('power', false);
  t.equal(off.hex, hex('SGPW0000'));
  t.match(off.state, { phase: 'cooling down', unknown: 0 });
});

t.test('power takes its time, both ways, and a machine that is off says nothing', async (t) => {
  const tape = new TickedDevice(tapeMachine);
  const ask = () => {
    tape.tell('RGST0000\r\nRGSM0000\r\n');
    return tape.heard();
  };
  t.same(ask(), []);
  tape.tell('SGST RCRD\r\nSGPW1000\r\n');
  t.same(ask(), ['RGST0001\r\n', 'RGSM0000\r\n'], 'busy');
  tape.wait(9.9);
  tape.tell('SGST RCRD\r\n');
  t.same(ask()[0], 'RGST0001\r\n', 'before it is up it takes no orders');
  tape.wait(0.1);
  t.same(ask()[0], 'RGST0000\r\n');
  tape.wait(299.9);
  t.same(ask()[0], 'RGST0000\r\n');
  tape.wait(0.1);
  t.same(ask()[0], 'RGST0001\r\n', 'after five idle minutes it cools down');
  tape.wait(5);
  t.same(ask(), [], 'and is off');
});

t.test('the tape moves, stops at its end, and runs back', async (t) => {
  const tape = new TickedDevice(tapeMachine);
  const position = () => {
    tape.tell('RGSM0000\r\n');
    return tape.heard()[0];
  };
  tape.tell('SGPW1000\r\n');
  tape.wait(10);
  tape.tell('SGST RC');
  tape.tell('RD\r\n');
  tape.wait(90.5);
  t.equal(position(), 'RGSM0090\r\n');
  tape.tell('SGST STOP\r\nRGST0000\r\n');
  t.same(tape.heard(), ['RGST0000\r\n']);
  tape.wait(20);
  t.equal(position(), 'RGSM0090\r\n');
  tape.tell('SGST RCRD\r\nRGST0000\r\n');
  t.same(tape.heard(), ['RGST0002\r\n']);
  tape.wait(2309.5);
  tape.tell('RGST0000\r\n');
  t.same(tape.heard(), ['RGST0000\r\n'], 'the tape is at its end');
  t.equal(position(), 'RGSM2400\r\n');
  tape.tell('SGST RCRD\r\nRGST0000\r\n');
  t.same(tape.heard(), ['RGST0000\r\n'], 'there it records no more');
  tape.tell('SGST 2STR\r\nRGST0000\r\n');
  t.same(tape.heard(), ['RGST0001\r\n'], 'rewinding is busy');
  tape.wait(48);
  t.equal(position(), 'RGSM0000\r\n');
  tape.tell('SGXX\r\n');
  t.match(tape.state, { phase: 'idle', unknown: 1 });
});
