import { check, PluginScan } from '@audiocloud/api';
import t from 'tap';
import { sharedTestDomain } from '../testing/test-domain.ts';

const domain = await sharedTestDomain(t);

t.test('a rescan answers with the models and what is refused', async (t) => {
  const { status, body } = await domain.call('POST', '/v1/plugins/rescan');
  t.equal(status, 200);
  const { models, refused } = check(PluginScan, body, 'scan', 'MESSAGE_INVALID');
  t.ok(models.includes('audiocloud:gain@1.0.0'), models.join());
  t.same(refused, []);
});
