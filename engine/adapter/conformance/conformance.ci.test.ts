import t from 'tap';
import { checkAdapter } from './check-adapter.ts';
import { ADAPTER_CHECKS } from './check-table.ts';
import { good } from './testing/echo-package.ts';

t.test('an adapter that takes the process along, or hangs it, has crashed; the next check is run', async (t) => {
  const checks = ADAPTER_CHECKS.filter(({ id }) => ['close-twice', 'adapter-settings'].includes(id)).toReversed();
  const fixture = (name: string) => new URL(`./testing/${name}`, import.meta.url);
  for (const [file, why] of [
    ['hangs-at-close.ts', /longer than 5 s/],
    ['exits-at-open.ts', /ended with code 3/],
  ] as const) {
    const outcomes = await checkAdapter({ ...good, simulator: fixture(file) }, checks, { limitSeconds: 5 });
    t.match(outcomes, [
      ['crashed', why],
      ['passed', 'speed, key'],
    ]);
  }
});

t.test('an adapter whose module never ends has crashed', async (t) => {
  const simulator = new URL('./testing/hangs-at-load.ts', import.meta.url);
  const checks = ADAPTER_CHECKS.filter(({ id }) => id === 'close-twice');
  t.match(await checkAdapter({ ...good, simulator }, checks, { limitSeconds: 2 }), [['crashed', /longer than 2 s/]]);
});

t.test('with hardware the entry is checked, and what wants faults on request is left out', async (t) => {
  const hardware = { port: { name: 'real' }, settings: { speed: 2 }, bytes: '0102' };
  const outcomes = await checkAdapter(good, ADAPTER_CHECKS, { hardware });
  for (const [i, { id, of }] of ADAPTER_CHECKS.entries())
    t.equal(outcomes[i]![0], of === 'simulator' ? 'skipped' : 'passed', `${id}: ${outcomes[i]![1]}`);
});
