import t from 'tap';
import { check, TransportState } from '@audiocloud/api';
import { sharedTestDomain } from '../testing/test-domain.ts';

const domain = await sharedTestDomain(t, 'a');
const transport = async (change: object) =>
  check(TransportState, (await domain.call('PATCH', '/v1/tasks/a/transport', change)).body, 'state', 'MESSAGE_INVALID');

t.test('play, seek, loop and stop', async (t) => {
  const loop = { startSeconds: 10, endSeconds: 12 };
  const sought = await transport({ positionSeconds: 11, loop });
  t.match(sought, { playing: false, positionFrames: 11 * 48000, loop });
  const playing = await transport({ play: true });
  t.match(playing, { playing: true, playId: 1, loop });
  const live = await domain.live('a');
  const positions = new Set<number>();
  await live.next('meters', ({ meters }) => {
    positions.add(meters.positionFrames);
    return meters.streamFrame > 1.5 * 48000;
  });
  t.ok(Math.min(...positions) >= 10 * 48000 && Math.max(...positions) < 12 * 48000, 'inside the loop');
  t.match(await transport({ play: false, loop: null }), { playing: false, loop: null });
});

t.test('what is no change of a transport is refused', async () => {
  const path = '/v1/tasks/a/transport';
  await domain.refused('REQUEST_INVALID', 'PATCH', path, { play: 'yes' });
  await domain.refused('REQUEST_INVALID', 'PATCH', path, { positionSeconds: -1 });
  await domain.refused('REQUEST_INVALID', 'PATCH', path, { loop: { startSeconds: 1 } });
  await domain.refused('REQUEST_INVALID', 'PATCH', path, { speed: 2 });
  await domain.refused('TASK_UNKNOWN', 'PATCH', '/v1/tasks/none/transport', { play: true });
});
