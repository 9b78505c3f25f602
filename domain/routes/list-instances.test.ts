import { check, FixedInstanceList } from '@audiocloud/api';
import t from 'tap';
import { sharedStudioDomain, UNITS } from '../testing/studio-domain.ts';
import { sharedTestDomain } from '../testing/test-domain.ts';

t.test('a domain without a rack has no fixed instances', async (t) => {
  const domain = await sharedTestDomain(t);
  const { status, body } = await domain.call('GET', '/v1/instances');
  t.equal(status, 200);
  t.same(body, { instances: [] });
});

t.test('fixed instances of the rack are listed, and their models with the others', async (t) => {
  const domain = await sharedStudioDomain(t);
  const { instances } = check(
    FixedInstanceList,
    (await domain.call('GET', '/v1/instances')).body,
    'instances',
    'MESSAGE_INVALID',
  );
  t.same(
    instances.map(({ id, model }) => ({ id, model })),
    UNITS.toSorted().map((id) => ({ id, model: 'generic:line-preamp' })),
  );
  t.equal((await domain.call('GET', '/v1/models/generic:line-preamp')).status, 200);
});
