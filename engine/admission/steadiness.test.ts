import t, { type Test } from 'tap';
import { isKnownSteadiness, Steadiness } from './steadiness.ts';

const near = (test: Test, found: number, wanted: number, what: string) =>
  test.ok(Math.abs(found - wanted) < 1e-9, `${what}: ${found}, wanted ${wanted}`);
const observe = (steadiness: Steadiness, seconds: number, ...spreads: number[]) => {
  for (let i = 0; i < seconds; i++) steadiness.observe(spreads);
};

t.test('an unknown machine is taken to be unsteady, until ten minutes have shown that it is not', async (t) => {
  const steadiness = new Steadiness();
  near(t, steadiness.spread, 2, 'unknown');
  observe(steadiness, 300, 1.02, 1.01, 1.3);
  near(t, steadiness.spread, 1.5, 'half way');
  observe(steadiness, 100);
  near(t, steadiness.spread, 1.5, 'seconds in which nothing played');
  observe(steadiness, 300, 1.02, 1.01, 1.3);
  near(t, steadiness.spread, 1.02, 'known');
});

t.test('what was seen of a machine counts, less as time goes on without it', async (t) => {
  const steadiness = new Steadiness({ seconds: 600, spread: 1.1 });
  observe(steadiness, 1, 1.8, 1.81, 1.79, 9);
  near(t, steadiness.spread, 1.8, 'at once, the lower of two in the middle');
  observe(steadiness, 3600, 1);
  near(t, steadiness.spread, 1.4, 'an hour later half of it');
  observe(steadiness, 1, 7, 8, 9);
  near(t, steadiness.spread, 2, 'twice at most');
});

t.test('of one task or two nothing is concluded that is not true of both', async (t) => {
  const steadiness = new Steadiness({ seconds: 600, spread: 1 });
  observe(steadiness, 1, 1.2, 1.9);
  near(t, steadiness.spread, 1.2, 'one of them may have become dearer by itself');
});

t.test('what is known comes back from a file; anything else there does not', async (t) => {
  const steadiness = new Steadiness();
  observe(steadiness, 60, 1.25);
  const known: unknown = JSON.parse(JSON.stringify(steadiness.known));
  t.ok(isKnownSteadiness(known) && new Steadiness(known).spread === steadiness.spread);
  for (const bad of [null, {}, { seconds: -1, spread: 1 }, { seconds: 1, spread: 0.5 }, { seconds: 1, spread: 3 }, []])
    t.notOk(isKnownSteadiness(bad), JSON.stringify(bad));
});
