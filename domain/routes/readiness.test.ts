import { AudioCloudError } from '@audiocloud/api';
import t from 'tap';
import { whyNotReady } from './readiness.ts';
import type { Services } from './route.ts';

const ready = {
  draining: { hasBegun: false },
  engines: { isUp: true, first: { engine: {} } },
  store: { get: async () => undefined },
};
const codes = async (services: object) =>
  (await whyNotReady({ ...ready, ...services } as unknown as Services)).map(({ code }) => code);

t.test('each thing that hinders work is a reason', async (t) => {
  t.same(await codes({}), []);
  t.same(await codes({ draining: { hasBegun: true } }), ['DOMAIN_NOT_READY']);
  t.same(await codes({ engines: { isUp: false, first: { engine: {} } } }), ['ENGINE_UNAVAILABLE']);
  const error = new AudioCloudError('DEVICE_FAILED', 'no card at /secret', { path: '/secret' });
  const away = { engines: { isUp: false, first: { engine: { error } } } };
  t.same(await codes(away), ['DEVICE_FAILED']);
  t.notMatch(JSON.stringify(await whyNotReady({ ...ready, ...away } as unknown as Services)), /secret/);
  const broken = { get: () => Promise.reject(new Error('disk')) };
  t.same(await codes({ engines: { isUp: false, first: { engine: {} } }, store: broken }), [
    'ENGINE_UNAVAILABLE',
    'STORE_INVALID',
  ]);
});
