import { check, InstanceParametersList, TransportState } from '@audiocloud/api';
import t from 'tap';
import { sharedTestDomain } from '../testing/test-domain.ts';

const domain = await sharedTestDomain(t, 'a');
const read = async (query = '') =>
  check(
    InstanceParametersList,
    (await domain.call('GET', `/v1/tasks/a/parameters${query}`)).body,
    'values',
    'MESSAGE_INVALID',
  );

t.test('all values are read as they are now, with defaults, by instance and in pages', async (t) => {
  const { instances } = await read();
  t.same(
    instances.map(({ instance, model }) => [instance, model]),
    [
      ['gain', 'audiocloud:gain'],
      ['tone', 'audiocloud:tone'],
    ],
  );
  t.match(instances[0]!.parameters, { gain: [0], 'host-bypass': [false], 'host-mix': [100] });
  t.equal(typeof instances[1]!.parameters['frequency']![0], 'number', 'a default');
  const changes = [
    { instance: 'gain', parameter: 'gain', value: -3 },
    { instance: 'gain', parameter: 'host-mix', value: 50 },
  ];
  await domain.call('PATCH', '/v1/tasks/a/parameters', { changes });
  const after = await read('?instance=gain');
  t.match(after.instances, [{ instance: 'gain', parameters: { gain: [-3], 'host-mix': [50] } }]);
  t.equal(after.instances.length, 1);
  t.equal((await read('?limit=1')).next, 'gain');
  await domain.refused('PART_UNKNOWN', 'GET', '/v1/tasks/a/parameters?instance=ghost');
  await domain.refused('TASK_UNKNOWN', 'GET', '/v1/tasks/none/parameters');
});

t.test('the transport is read as it is', async (t) => {
  const transport = async () =>
    check(TransportState, (await domain.call('GET', '/v1/tasks/a/transport')).body, 'transport', 'MESSAGE_INVALID');
  const loop = { startSeconds: 1, endSeconds: 2 };
  await domain.call('PATCH', '/v1/tasks/a/transport', { positionSeconds: 1.5, loop });
  t.match(await transport(), { playing: false, positionFrames: 72000, loop });
  await domain.call('PATCH', '/v1/tasks/a/transport', { play: true });
  t.match(await transport(), { playing: true, playId: 1 });
  await domain.refused('TASK_UNKNOWN', 'GET', '/v1/tasks/none/transport');
});
