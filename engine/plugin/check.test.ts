import t from 'tap';
import { checkPlugin } from './check.ts';
import { faultyPackage } from './fixtures/faulty-plugin.ts';

/** Which checks find which fault of fixtures/faulty.as.ts. */
const found: Record<number, string[]> = {
  0: [],
  1: ['reset-equals-fresh', 'non-finite-input', 'instances-independent', 'shared-memory'],
  2: ['block-sizes', 'no-state-in-globals'],
  3: ['reset-equals-fresh', 'non-finite-input'],
  4: ['block-sizes'],
  5: ['latency'],
  6: ['parameter-bounds'],
  7: ['create-destroy'],
  8: ['state-round-trip'],
  9: ['process-many'],
  10: ['silence'],
  11: ['instances-independent'],
  12: ['parameter-bounds'],
  13: ['state-round-trip'],
  14: ['non-finite-input'],
  15: ['fuel'],
};

for (const [fault, wanted] of Object.entries(found))
  t.test(`fault ${fault} of an AssemblyScript plugin is found by ${wanted.join(', ') || 'no check'}`, async (t) => {
    const { folder, remove } = await faultyPackage(Number(fault));
    t.teardown(remove);
    const checks = checkPlugin(folder, wanted.length ? { only: wanted } : {}).models[0]!.checks;
    const bad = checks.filter(({ result }) => result === 'failed' || result === 'warning');
    const names = bad.map(({ name }) => name);
    for (const name of wanted) t.ok(names.includes(name), `${name} finds it`);
    if (wanted.length === 0) t.strictSame(bad, []);
    else t.comment(bad.map(({ name, detail }) => `${name}: ${detail}`).join('\n'));
  });
