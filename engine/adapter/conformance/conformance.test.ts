import type { Adapter } from '@audiocloud/api';
import t from 'tap';
import type { AdapterPackage } from '../adapter-packages.ts';
import type { AdapterRig } from './adapter-rig.ts';
import { checkAdapter } from './check-adapter.ts';
import { ADAPTER_CHECKS } from './check-table.ts';
import { runAdapterCheck } from './run-check.ts';
import { type BadAdapter, BAD_ADAPTERS } from './testing/bad-adapters.ts';
import { adapter as echo } from './testing/echo-adapter.ts';

const ECHO = new URL('./testing/echo-adapter.ts', import.meta.url);
const good: AdapterPackage = {
  adapter: 'echo',
  folder: import.meta.dirname,
  entry: ECHO,
  simulator: ECHO,
  carries: 'packets',
  settings: {
    type: 'object',
    properties: {
      speed: { type: 'integer', minimum: 1 },
      key: { type: 'string', pattern: '^[a-z]*$', writeOnly: true },
    },
    required: ['speed'],
    additionalProperties: false,
  },
};

function rigOf(bad: BadAdapter): AdapterRig {
  const entry = bad.file === undefined ? ECHO : new URL(`./testing/${bad.file}`, import.meta.url);
  const changed: Adapter = bad.adapter?.(echo) ?? echo;
  const adapter: Adapter = bad.port
    ? {
        ...changed,
        open: async (...given) => {
          const port = await changed.open(...given);
          return { ...port, ...bad.port!(port) };
        },
      }
    : changed;
  return {
    package: { ...good, ...bad.package?.(good) },
    adapter,
    entry,
    wanted: { name: `echo ${wanted++}` },
    settings: { speed: 1 },
    bytes: Uint8Array.of(1, 2),
  };
}
/** Ports of one adapter that were left in any state do not disturb the next. */
let wanted = 0;

t.teardown(() => {
  const names = [...Array(wanted).keys()].map((i) => `echo ${i}`);
  for (const name of [...names, 'slow', 'other']) echo.inject!(name, 'unplug');
});

t.test('every check has a bad adapter, and finds it', async (t) => {
  t.strictSame(
    Object.keys(BAD_ADAPTERS),
    ADAPTER_CHECKS.map(({ id }) => id),
  );
  for (const check of ADAPTER_CHECKS)
    for (const [name, bad] of Object.entries(BAD_ADAPTERS[check.id]!)) {
      const [result, detail] = await runAdapterCheck(check, rigOf(bad));
      t.equal(result, 'failed', `${check.id}: ${name}: ${detail}`);
    }
});

t.test('a good adapter passes them all, in a process of its own', async (t) => {
  const outcomes = await checkAdapter(good, ADAPTER_CHECKS, {});
  for (const [i, [result, detail]] of outcomes.entries())
    t.equal(result, 'passed', `${ADAPTER_CHECKS[i]!.id}: ${detail}`);
});

t.test('an adapter that takes the process along, or hangs it, has crashed; the next check is run', async (t) => {
  const checks = ADAPTER_CHECKS.filter(({ id }) => ['close-twice', 'adapter-settings'].includes(id)).toReversed();
  const fixture = (name: string) => new URL(`./testing/${name}`, import.meta.url);
  for (const [file, why] of [
    ['hangs-at-close.ts', /longer than 2 s/],
    ['exits-at-open.ts', /ended with code 3/],
  ] as const) {
    const outcomes = await checkAdapter({ ...good, simulator: fixture(file) }, checks, { limitSeconds: 2 });
    t.match(outcomes, [
      ['crashed', why],
      ['passed', 'speed, key'],
    ]);
  }
});

t.test('with hardware the entry is checked, and what wants faults on request is left out', async (t) => {
  const hardware = { port: { name: 'real' }, settings: { speed: 2 }, bytes: '0102' };
  const outcomes = await checkAdapter(good, ADAPTER_CHECKS, { hardware });
  for (const [i, { id, of }] of ADAPTER_CHECKS.entries())
    t.equal(outcomes[i]![0], of === 'simulator' ? 'skipped' : 'passed', `${id}: ${outcomes[i]![1]}`);
});
