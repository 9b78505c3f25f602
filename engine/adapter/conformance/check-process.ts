import type { Adapter } from '@audiocloud/api';
import type { AdapterRig } from './adapter-rig.ts';
import type { CheckOrder, RigFacts } from './check-adapter.ts';
import { CONDUCT_CHECKS } from './check-table.ts';
import { runAdapterCheck } from './run-check.ts';
import '../shared-contract.ts';

/* Runs checks of one adapter, one after the other, for whoever forked it. What the adapter breaks is this process. */
const facts = JSON.parse(process.argv[2]!) as RigFacts;
const entry = new URL(facts.entry);
const {
  package: { entry: main, simulator },
} = facts;
const loaded = (await import(entry.href).catch(() => ({}))) as { adapter: Adapter }; // 'adapter-exports' says what is wrong
const rig: AdapterRig = {
  ...facts,
  entry,
  adapter: loaded.adapter,
  bytes: Buffer.from(facts.bytes, 'hex'),
  package: { ...facts.package, entry: new URL(main), simulator: new URL(simulator) },
};

process.on('disconnect', () => process.exit(0));
process.on('message', async ({ check }: CheckOrder) => {
  const found = CONDUCT_CHECKS.find(({ id }) => id === check)!;
  const outcome =
    rig.adapter || found.of === 'package' ? await runAdapterCheck(found, rig) : ['skipped', 'it exports no adapter'];
  process.send!(outcome);
});
process.send!('up');
