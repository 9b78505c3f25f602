import t from 'tap';
import { check, ModelList } from '@audiocloud/api';
import { sharedTestDomain } from '../testing/test-domain.ts';

const domain = await sharedTestDomain(t);

t.test('the models of the stock plugins are listed', async (t) => {
  const { status, body } = await domain.call('GET', '/v1/models');
  t.equal(status, 200);
  const ids = check(ModelList, body, 'models', 'MESSAGE_INVALID').models.map(({ id }) => id);
  for (const id of ['audiocloud:gain', 'audiocloud:tone']) t.ok(ids.includes(id), id);
});
