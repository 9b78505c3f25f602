import t from 'tap';
import { check, EngineList } from '@audiocloud/api';
import { sharedTestDomain } from '../testing/test-domain.ts';

const domain = await sharedTestDomain(t);

t.test('the embedded engine is listed with its device', async (t) => {
  const { status, body } = await domain.call('GET', '/v1/engines');
  t.equal(status, 200);
  const { engines } = check(EngineList, body, 'engines', 'MESSAGE_INVALID');
  t.equal(engines.length, 1);
  t.match(engines[0], { state: 'up', device: { kind: 'paced', sampleRate: 48000 } });
  t.not(engines[0]?.pid, process.pid, 'a process of its own');
  const { id, pid } = engines[0]!;
  t.match((await domain.call('GET', `/v1/engines/${id}`)).body, { id, pid, state: 'up' });
  await domain.refused('ENGINE_UNKNOWN', 'GET', '/v1/engines/other');
});
