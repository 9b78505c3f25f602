import t from 'tap';
import { witnessedUnit } from '../../../engine/adapter/testing/witnessed-unit.ts';
import { TickedDevice } from '../../testing/ticked-device.ts';
import { distributor } from './device.ts';

const json = (text: string) => Buffer.from(text).toString('hex');
const action = (id: number, wanted: number) =>
  json(`{"method":"POST","path":"/netio.json","body":{"Outputs":[{"ID":${id},"Action":${wanted}}]}}`);
const ASK = json('{"method":"GET","path":"/netio.json"}');

t.test('its driver meets it in requests', async (t) => {
  const unit = await witnessedUnit(t, 'netio-4c', [ASK]);
  t.same(
    (await unit.next(4)).map((one) => one.hex),
    [action(1, 0), action(2, 0), action(3, 0), action(4, 0)],
    'on a connection',
  );
  t.match(await unit.set('power', true, 0), { hex: action(1, 1), state: { outlets: [true, false, false, false] } });
  t.match(await unit.set('power', true, 3), { hex: action(4, 1), state: { outlets: [true, false, false, true] } });
  const { reports } = await unit.until(({ reports }) => reports['powered']?.[3] === true);
  t.same(reports['powered'], [true, false, false, true]);
  t.match(await unit.set('power', false, 3), { hex: action(4, 0), state: { outlets: [true, false, false, false] } });
  t.equal(unit.rack.garbageCount(unit.id), 0);
});

t.test('current, energy and power factor follow what hangs on an outlet', async (t) => {
  const device = new TickedDevice(distributor);
  const answer = () => {
    device.receive(ASK);
    return JSON.parse(device.heard()[0]!);
  };
  t.same(answer().body.Outputs[0], { ID: 1, State: 0, Current: 0, Energy: 0, PowerFactor: 0 });
  device.receive(action(1, 1));
  device.heard();
  device.wait(3600);
  const [first, second] = answer().body.Outputs;
  t.same({ ...first, Energy: 0 }, { ID: 1, State: 1, Current: 1250, Energy: 0, PowerFactor: 0.95 });
  // 1.25 A x 230 V x 0.95 for an hour, less the first moments
  t.ok(Math.abs(first.Energy - 273.1) < 0.1, `${first.Energy} Wh`);
  t.same(second, { ID: 2, State: 0, Current: 0, Energy: 0, PowerFactor: 0 });
  device.receive(action(1, 0));
  device.heard();
  device.wait(1);
  t.same({ ...answer().body.Outputs[0], Energy: 0 }, { ID: 1, State: 0, Current: 0, Energy: 0, PowerFactor: 0 });
});

t.test('short actions go back after five seconds, and 4 is the other way', async (t) => {
  const device = new TickedDevice(distributor);
  const outlets = () => device.state['outlets'];
  device.receive(action(2, 4));
  t.same(outlets(), [false, true, false, false]);
  device.receive(action(2, 2));
  device.receive(action(3, 3));
  t.same(outlets(), [false, false, true, false]);
  device.wait(4.9);
  t.same(outlets(), [false, false, true, false]);
  device.wait(0.1);
  t.same(outlets(), [false, true, false, false]);
  device.receive(action(2, 4));
  t.same(outlets(), [false, false, false, false]);
});

t.test('what it cannot do it refuses, and does none of it', async (t) => {
  const device = new TickedDevice(distributor);
  const status = (text: string) => {
    device.receive(json(text));
    return JSON.parse(device.heard()[0]!).status;
  };
  t.equal(status('{"method":"GET","path":"/other"}'), 404);
  t.equal(status('{"method":"PUT","path":"/netio.json"}'), 405);
  t.equal(status('{"method":"POST","path":"/netio.json","body":7}'), 400);
  const half = '{"Outputs":[{"ID":1,"Action":1},{"ID":5,"Action":1}]}';
  t.equal(status(`{"method":"POST","path":"/netio.json","body":${half}}`), 400);
  t.same(device.state['outlets'], [false, false, false, false]);
  device.receive(json('{"method":'));
  t.same(device.heard(), [], 'half a request has no answer');
});
