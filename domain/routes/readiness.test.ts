import { AudioCloudError } from '@audiocloud/api';
import t from 'tap';
import { whyNotReady } from './readiness.ts';
import type { Services } from './route.ts';

const ready = {
  draining: { hasBegun: false },
  engine: { isUp: true },
  store: { get: async () => undefined },
};
const codes = async (services: object) =>
  (await whyNotReady({ ...ready, ...services } as unknown as Services)).map(({ code }) => code);

t.test('each thing that hinders work is a reason', async (t) => {
  t.same(await codes({}), []);
  t.same(await codes({ draining: { hasBegun: true } }), ['DOMAIN_NOT_READY']);
  t.same(await codes({ engine: { isUp: false } }), ['ENGINE_UNAVAILABLE']);
  const error = new AudioCloudError('DEVICE_FAILED', 'no card');
  t.same(await codes({ engine: { isUp: false, error } }), ['DEVICE_FAILED']);
  const broken = { get: () => Promise.reject(new Error('disk')) };
  t.same(await codes({ engine: { isUp: false }, store: broken }), ['ENGINE_UNAVAILABLE', 'STORE_INVALID']);
});
