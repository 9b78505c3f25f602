import t from 'tap';
import { sharedKnownDomain } from '../../domain/testing/known-domain.ts';
import { toneTask } from '../../domain/testing/test-domain.ts';
import { until } from '../../test/until.ts';
import { AudioCloudClient } from '../audio-cloud-client.ts';
import { ControlSurface } from './control-surface.ts';

const domain = await sharedKnownDomain(t);

t.test('whoever may not set is told so, and the fader goes back', async (t) => {
  await domain.as(domain.administrator)('POST', '/v1/applications', { id: 'desk', name: 'Desk' });
  const application = 'desk';
  const owner = await domain.key({ application, permissions: ['read', 'structure', 'parameters'] });
  const reader = await domain.key({ application, permissions: ['read'] });
  await new AudioCloudClient(domain.url, { token: owner.secret }).tasks.create(toneTask, 'refused');
  const live = new AudioCloudClient(domain.url, { token: reader.secret }).live('refused');
  const refused: string[] = [];
  const heard: string[] = [];
  await live.ready;
  const surface = new ControlSurface({
    map: {
      surfaces: { desk: { adapter: 'midi', port: { name: 'X' } } },
      bindings: [{ from: { bend: { channel: 1 } }, to: { instance: 'gain', parameter: 'pan' } }],
    },
    task: live,
    onRefused: (name, { code }) => refused.push(`${name} ${code}`),
  });
  t.teardown(() => {
    surface.close();
    live.close();
  });
  surface.attach('desk', (message) => heard.push(Buffer.from(message as Uint8Array).toString('hex')));
  // the middle of 0 to 16383, rounded up: 8192
  await until('it is shown what is', () => heard.length === 1);
  surface.take('desk', Uint8Array.of(0xe0, 0x7f, 0x7f));
  await until('it is told', () => refused.length === 1);
  t.strictSame(refused, ['gain.pan PERMISSION_DENIED']);
  await until('it goes back', () => heard.length === 2);
  t.strictSame(heard, ['e00040', 'e00040']);
});
