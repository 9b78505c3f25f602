import t from 'tap';
import { check, Model } from '@audiocloud/api';
import { sharedTestDomain } from '../testing/test-domain.ts';

const domain = await sharedTestDomain(t);

t.test('a model is read by its id, with or without its version', async (t) => {
  const { status, body } = await domain.call('GET', '/v1/models/audiocloud:gain');
  t.equal(status, 200);
  const model = check(Model, body, 'model', 'MESSAGE_INVALID');
  t.equal(model.id, 'audiocloud:gain');
  t.same((await domain.call('GET', `/v1/models/audiocloud:gain@${model.version}`)).body, body);
  t.same((await domain.call('GET', '/v1/models/audiocloud%3Again')).body, body);
});

t.test('unknown models and versions are not found', async () => {
  await domain.refused('ROUTE_UNKNOWN', 'GET', '/v1/models/audiocloud:nothing');
  await domain.refused('ROUTE_UNKNOWN', 'GET', '/v1/models/audiocloud:gain@99.0.0');
  await domain.refused('ID_INVALID', 'GET', '/v1/models/Gain');
});
