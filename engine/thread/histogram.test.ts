import { BUCKET_ENDS_MS } from '@audiocloud/api';
import t from 'tap';
import { seededRandom } from '../plugin/seeded-random.ts';
import { DISTRIBUTION_ENDS, Histogram } from './histogram.ts';

const fresh = (): Histogram => new Histogram(new SharedArrayBuffer(Histogram.BYTES));

t.equal(DISTRIBUTION_ENDS, BUCKET_ENDS_MS.length, 'as the contract has it');

t.test('a histogram tells quantiles at most 9 % too long, and never too short', async (t) => {
  const seed = 11;
  const random = seededRandom(seed);
  for (const spread of [1, 4, 12]) {
    const histogram = fresh();
    // log-spaced from 1 us up
    const all = Array.from({ length: 20000 }, () => 0.001 * Math.E ** (random() * spread)).sort((a, b) => a - b);
    for (const ms of all) histogram.add(ms);
    const found = histogram.distribution();
    t.equal(found.count, all.length);
    t.equal(found.max, all.at(-1));
    t.same(
      found.buckets,
      Array.from(
        found.buckets,
        (_, n) => all.filter((ms) => ms > (BUCKET_ENDS_MS[n - 1] ?? 0) && ms <= (BUCKET_ENDS_MS[n] ?? Infinity)).length,
      ),
      'the coarse buckets hold what falls between their ends',
    );
    t.equal(
      found.buckets.reduce((sum, n) => sum + n, 0),
      all.length,
    );
    const mean = all.reduce((sum, ms) => sum + ms, 0) / all.length;
    t.ok(Math.abs(found.mean / mean - 1) < 1e-9, `mean ${found.mean}`);
    for (const [name, share] of [
      ['p50', 0.5],
      ['p99', 0.99],
      ['p999', 0.999],
    ] as const) {
      const exact = all[Math.ceil(share * all.length) - 1]!;
      const ratio = found[name] / exact;
      t.ok(
        ratio >= 1 - 1e-12 && ratio <= 2 ** (1 / 8),
        `seed ${seed}, spread ${spread}: ${name} is ${ratio} of ${exact}`,
      );
    }
  }
});

t.test('a histogram takes the shortest, the longest and nothing at all', async (t) => {
  t.same(fresh().distribution(), { count: 0, mean: 0, p50: 0, p99: 0, p999: 0, max: 0, buckets: [] });
  const histogram = fresh();
  for (const ms of [0, -1, 1e9]) histogram.add(ms);
  t.match(histogram.distribution(), { count: 3, p50: 0.001, p999: 1e9, max: 1e9 });
});

t.test('what one thread counts another reads', async (t) => {
  const buffer = new SharedArrayBuffer(Histogram.BYTES + 8);
  const [writer, reader] = [new Histogram(buffer, 8), new Histogram(buffer, 8)];
  for (let i = 0; i < 100; i++) writer.add(i < 99 ? 1 : 8);
  const { count, p50, p99, p999, max } = reader.distribution();
  t.same([count, p999, max], [100, 8, 8]);
  t.ok(p50 >= 1 && p50 < 1.0906 && p99 === p50, `${p50}, ${p99}`);
});
