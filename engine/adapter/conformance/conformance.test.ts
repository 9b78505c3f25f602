import type { Adapter } from '@audiocloud/api';
import t from 'tap';
import type { AdapterCheck, AdapterRig } from './adapter-rig.ts';
import { checkAdapter } from './check-adapter.ts';
import { ADAPTER_CHECKS } from './check-table.ts';
import { runAdapterCheck } from './run-check.ts';
import { type BadAdapter, BAD_ADAPTERS } from './testing/bad-adapters.ts';
import { adapter as echo } from './testing/echo-adapter.ts';
import { ECHO, good } from './testing/echo-package.ts';

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
  const find = (check: AdapterCheck) =>
    Object.entries(BAD_ADAPTERS[check.id]!).map(async ([name, bad]) => {
      const [result, detail] = await runAdapterCheck(check, rigOf(bad));
      t.equal(result, 'failed', `${check.id}: ${name}: ${detail}`);
    });
  // it counts what the process holds: alone
  const alone = ADAPTER_CHECKS.find(({ id }) => id === 'nothing-left')!;
  await Promise.all(find(alone));
  await Promise.all(ADAPTER_CHECKS.filter((check) => check !== alone).flatMap(find));
});

t.test('a good adapter passes them all, in a process of its own', async (t) => {
  const outcomes = await checkAdapter(good, ADAPTER_CHECKS, {});
  for (const [i, [result, detail]] of outcomes.entries())
    t.equal(result, 'passed', `${ADAPTER_CHECKS[i]!.id}: ${detail}`);
});
