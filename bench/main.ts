import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { optimiseWasm } from '@audiocloud/engine';
import { buildWasm } from '../scripts/build-wasm.ts';
import { type Regression, readBaseline, regressions, saveBaseline } from './baseline.ts';
import { machineOf, NOT_CONTROLLED } from './machine.ts';
import { closeChromium } from './peers/chromium.ts';
import { PEERS, peerVersions } from './peers/peers.ts';
import { Progress } from './progress.ts';
import { htmlReport } from './report-html.ts';
import { figure, tableOf } from './report-text.ts';
import type { Row, Workload } from './row.ts';
import { activation } from './workloads/activation.ts';
import { admission } from './workloads/admission.ts';
import { capacity } from './workloads/capacity.ts';
import { mixingDesk } from './workloads/console.ts';
import { convolution } from './workloads/convolution.ts';
import { create } from './workloads/create.ts';
import { disk } from './workloads/disk.ts';
import { ear } from './workloads/ear.ts';
import { imports } from './workloads/import.ts';
import { fanOut } from './workloads/fan-out.ts';
import { growth } from './workloads/growth.ts';
import { guard } from './workloads/guard.ts';
import { host } from './workloads/host.ts';
import { idle } from './workloads/idle.ts';
import { instances } from './workloads/instances.ts';
import { kernels } from './workloads/kernels.ts';
import { knob } from './workloads/knob.ts';
import { listeners } from './workloads/listeners.ts';
import { memory } from './workloads/memory.ts';
import { oscillators } from './workloads/oscillators.ts';
import { paced } from './workloads/paced.ts';
import { plan } from './workloads/plan.ts';
import { recovery } from './workloads/recovery.ts';
import { reference } from './workloads/reference.ts';
import { roundTrip } from './workloads/round-trip.ts';
import { seriesOfBiquads } from './workloads/series.ts';
import { tail } from './workloads/tail.ts';
import { voices } from './workloads/voices.ts';
import { wire } from './workloads/wire.ts';

/** Every workload; to add one is one line. */
const WORKLOADS: Workload[] = [
  seriesOfBiquads,
  oscillators,
  voices,
  mixingDesk,
  reference,
  host,
  guard,
  growth,
  instances,
  kernels,
  convolution,
  plan,
  knob,
  ear,
  wire,
  create,
  imports,
  fanOut,
  listeners,
  paced,
  disk,
  idle,
  admission,
  capacity,
  activation,
  recovery,
  tail,
  memory,
  roundTrip,
];

const { values: flags } = parseArgs({
  options: {
    json: { type: 'string' },
    html: { type: 'string' },
    only: { type: 'string', multiple: true },
    quick: { type: 'boolean', default: false },
    'save-baseline': { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (flags.help) {
  console.log(
    `npm run bench -- [--only ID]... [--json FILE] [--html FILE] [--quick] [--save-baseline]

${WORKLOADS.map(({ id, name }) => `  ${id.padEnd(12)}${name}`).join('\n')}

--quick          few repetitions: proves that every engine does the same work; its figures are no use
--html           a page with plots, complete in itself
--save-baseline  keeps the ratios as what later runs are compared with (bench/baseline.json)`,
  );
  process.exit(0);
}
const unknown = flags.only?.filter((id) => !WORKLOADS.some((workload) => workload.id === id)) ?? [];
if (unknown.length) {
  console.error(`no workload is called ${unknown.join(', ')}; there are ${WORKLOADS.map(({ id }) => id).join(', ')}`);
  process.exit(2);
}
if (flags.quick && flags['save-baseline']) {
  console.error('Cannot save a baseline of a quick run: its figures are no use; leave --quick out');
  process.exit(2);
}

await buildWasm({ ifMissing: true });
optimiseWasm(); // what is measured is the code that plays
const versions = await peerVersions();
const machine = machineOf(versions);
console.log(
  `${machine.cpu}, ${machine.cores} cores, ${machine.system}, Node ${machine.node}, commit ${machine.commit}${machine.isDirty ? ' with changes' : ''}${flags.quick ? ', quick: figures are no use' : ''}`,
);
console.log(
  `Peers: ${PEERS.map(({ name, from }) => (versions[name] ? `${name} ${versions[name]}` : `${name} is not installed (${from})`)).join(', ')}`,
);
console.log(`${NOT_CONTROLLED}\n`);

const baseline = readBaseline();
const chosen = WORKLOADS.filter(({ id }) => !flags.only || flags.only.includes(id));
const progress = new Progress(chosen.map(({ id }) => baseline?.workloadSeconds[id] ?? 30));
const failures: string[] = [];
const rowsOf = new Map<Workload, Row[]>();
const workloadSeconds: Record<string, number> = {};
let failed = 0;
for (const workload of chosen) {
  const begun = performance.now();
  const before = failures.length;
  const fail = (text: string) => {
    progress.clear();
    console.error(`failed: ${text}`);
    failures.push(text);
  };
  try {
    const rows = await workload.run({ quick: flags.quick, versions, say: (text) => progress.say(text), fail });
    rowsOf.set(workload, rows);
    progress.next(rows.length);
  } catch (error) {
    fail(`${workload.id}: ${(error as Error).stack}`);
    progress.next(0);
  }
  if (failures.length > before) failed++;
  workloadSeconds[workload.id] = Math.round((performance.now() - begun) / 100) / 10;
}
await closeChromium();
progress.clear();

const rows = [...rowsOf.values()].flat();
console.log(tableOf(rows));
const isComparable = baseline?.machine.cpu === machine.cpu;
const worse: Regression[] = flags.quick || !baseline || !isComparable ? [] : regressions(rows, baseline);
if (baseline && !isComparable)
  console.log(`\nThe baseline is of another processor (${baseline.machine.cpu}): ratios are not compared with it`);
for (const { id, before, now } of worse)
  console.log(
    `\nregression: ${id} is ${figure((now / before - 1) * 100)} % slower against its peer than the baseline (ratio ${figure(now)}, was ${figure(before)} at ${baseline!.machine.commit})`,
  );
if (flags['save-baseline']) saveBaseline(machine, rows, workloadSeconds);
const run = { machine, isQuick: flags.quick, rows, regressions: worse, failures, workloadSeconds };
if (flags.json) writeFileSync(flags.json, `${JSON.stringify(run, null, 2)}\n`);
if (flags.html)
  writeFileSync(
    flags.html,
    htmlReport({ ...run, sections: [...rowsOf].map(([workload, rows]) => ({ workload, rows })) }),
  );
console.log(`\n${chosen.length - failed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
