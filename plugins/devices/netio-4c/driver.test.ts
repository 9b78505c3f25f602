import t from 'tap';
import { stockDevice } from '../../../engine/adapter/testing/driven-device.ts';

const device = await stockDevice('netio-4c');

const text = (hex: string) => Buffer.from(hex, 'hex').toString('utf8');
const outlet = (ID: number, State: number, Current: number, Energy: number, PowerFactor: number) => ({
  ID,
  State,
  Current,
  Energy,
  PowerFactor,
});
const answer = (status: number) =>
  Buffer.from(
    JSON.stringify({
      method: 'GET',
      path: '/netio.json',
      status,
      body: {
        Outputs: [
          outlet(1, 1, 1250, 48, 0.95),
          outlet(2, 0, 0, 0, 0),
          outlet(3, 1, 12000, 7, 1),
          outlet(4, 0, 0, 9, 0),
        ],
      },
    }),
  );

t.test('an outlet is switched by a request with its number', async (t) => {
  t.equal(
    text(device.set('power', true, 2)),
    '{"method":"POST","path":"/netio.json","body":{"Outputs":[{"ID":3,"Action":1}]}}',
  );
  t.equal(
    text(device.set('power', false, 0)),
    '{"method":"POST","path":"/netio.json","body":{"Outputs":[{"ID":1,"Action":0}]}}',
  );
  t.equal(device.start().length, 4);
});

t.test('it is asked for all outlets at once', async (t) => {
  t.same(device.polls().map(text), ['{"method":"GET","path":"/netio.json"}']);
});

t.test('its answer holds state, current, energy and power factor', async (t) => {
  t.same(device.receive(answer(200)), {
    'powered 0': true,
    'powered 1': false,
    'powered 2': true,
    'powered 3': false,
    'current 0': 1.25,
    'current 1': 0,
    'current 2': 10,
    'current 3': 0,
    'energy 0': 48,
    'energy 1': 0,
    'energy 2': 7,
    'energy 3': 9,
    'powerFactor 0': 0.95,
    'powerFactor 1': 0,
    'powerFactor 2': 1,
    'powerFactor 3': 0,
  });
  t.same(device.receive(answer(401)), {}, 'a refusal says nothing');
});
