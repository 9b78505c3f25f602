import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { DomainCounters } from './domain-counters.ts';
import { DURATION_ENDS_MS, Durations } from './durations.ts';

t.test('a duration is counted in the first bucket that it fits', async (t) => {
  const durations = new Durations();
  for (const ms of [0.1, 0.11, 1, 20_000]) durations.add(ms);
  t.match(durations, { count: 4, max: 20_000 });
  t.ok(Math.abs(durations.mean - 20_001.21 / 4) < 1e-9);
  const counted = [...DURATION_ENDS_MS, Number.POSITIVE_INFINITY].flatMap((end, bucket) =>
    durations.buckets[bucket] ? [[end, durations.buckets[bucket]]] : [],
  );
  t.same(counted, [
    [0.1, 1],
    [0.25, 1],
    [1, 1],
    [Number.POSITIVE_INFINITY, 1],
  ]);
});

t.test('a loop that was held up shows it once', async (t) => {
  const counters = new DomainCounters();
  await sleep(50);
  const until = performance.now() + 100;
  while (performance.now() < until);
  await sleep(50);
  t.ok(counters.takeLoopDelay().max > 0.05);
  t.same(counters.takeLoopDelay(), { p50: 0, p99: 0, max: 0 }, 'since the last reading');
  counters.close();
});

t.test('requests are counted by route and status, store operations by their outcome', async (t) => {
  const counters = new DomainCounters();
  counters.request('GET', '/a/:id', 200, 1);
  counters.request('GET', '/a/:id', 404, 2);
  counters.request('PUT', '/a/:id', 200, 3);
  counters.storeOperation('put', false, 1);
  counters.storeOperation('put', true, 1);
  counters.close();
  const [get, put] = [...counters.routes.values()];
  t.same(
    [...get!.statuses],
    [
      [200, 1],
      [404, 1],
    ],
  );
  t.match(get, { method: 'GET', durations: { count: 2, max: 2 } });
  t.match(put, { method: 'PUT', durations: { count: 1 } });
  t.match(counters.storeOperations.get('put'), { failures: 1, durations: { count: 2 } });
});
