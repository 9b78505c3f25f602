import t from 'tap';
import { VirtualClock } from '../clock/virtual-clock.ts';
import { LiveSessions } from '../live/live-sessions.ts';
import type { LiveSession } from '../live/live-session.ts';
import { createLogger } from '../logging/logger.ts';
import { Draining } from './draining.ts';

const logger = createLogger('silent');

t.test('a domain that drains takes no more, and is through when the last has left', async (t) => {
  const sessions = new LiveSessions(new VirtualClock());
  const gone: string[] = [];
  const session = {
    goAway: async () => void gone.push('session'),
    settled: Promise.resolve(),
  } as unknown as LiveSession;
  sessions.add(session);
  const draining = new Draining({ delaySeconds: 0, limitSeconds: 3600 }, sessions, logger);
  const leave = draining.enter();
  t.equal(draining.hasBegun, false);
  let isThrough = false;
  const run = draining.run().then(() => {
    isThrough = true;
  });
  t.equal(draining.hasBegun, true);
  t.throws(() => draining.enter(), { code: 'DOMAIN_NOT_READY' });
  t.same(gone, ['session']);
  sessions.delete(session);
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.equal(isThrough, false, 'a request is under way');
  leave();
  await run;
});

t.test('during the delay requests are taken', async (t) => {
  const draining = new Draining({ delaySeconds: 3600, limitSeconds: 0 }, new LiveSessions(new VirtualClock()), logger);
  void draining.run();
  t.equal(draining.hasBegun, true);
  draining.enter()();
  t.equal(draining.underWay, 0);
});

t.test('who does not leave in time is not waited for', async (t) => {
  const draining = new Draining({ delaySeconds: 0, limitSeconds: 0.05 }, new LiveSessions(new VirtualClock()), logger);
  draining.enter();
  await draining.run();
  t.equal(draining.underWay, 1);
});
