import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { buildWasm } from '../scripts/build-wasm.ts';
import type { Row, Workload } from './row.ts';
import { host } from './workloads/host.ts';
import { instances } from './workloads/instances.ts';
import { knob } from './workloads/knob.ts';
import { plan } from './workloads/plan.ts';
import { voices } from './workloads/voices.ts';

/** Every workload; to add one is one line. */
const WORKLOADS: Workload[] = [instances, host, voices, knob, plan];

const { values: flags } = parseArgs({
  options: {
    json: { type: 'string' },
    only: { type: 'string', multiple: true },
    quick: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (flags.help) {
  console.log(
    `npm run bench -- [--only ID]... [--json FILE] [--quick]\n\n${WORKLOADS.map(({ id, name }) => `  ${id.padEnd(12)}${name}`).join('\n')}\n\n--quick  few repetitions: proves that every engine does the same work; its figures are no use`,
  );
  process.exit(0);
}
const unknown = flags.only?.filter((id) => !WORKLOADS.some((workload) => workload.id === id)) ?? [];
if (unknown.length) {
  console.error(`no workload is called ${unknown.join(', ')}; there are ${WORKLOADS.map(({ id }) => id).join(', ')}`);
  process.exit(2);
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown';
  }
}

function format(value: number): string {
  if (!Number.isFinite(value)) return '-';
  return value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
}

function print(rows: Row[]): void {
  const header = ['id', 'what', 'value', 'unit', 'goal', '', 'peers'];
  const lines = rows.map(({ id, name, unit, value, goal, met, peers }) => [
    id,
    name,
    format(value),
    unit,
    goal === null ? '' : format(goal),
    met === null ? '' : met ? 'met' : 'MISSED',
    Object.entries(peers)
      .map(([peer, figure]) => `${peer} ${format(figure)}`)
      .join(', '),
  ]);
  const widths = header.map((title, i) => Math.max(title.length, ...lines.map((line) => line[i]!.length)));
  for (const line of [header, ...lines])
    console.log(
      line
        .map((cell, i) => (i === 2 || i === 4 ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
        .join('  ')
        .trimEnd(),
    );
}

await buildWasm({ ifMissing: true });
const machine = {
  commit: commit(),
  node: process.version,
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  date: new Date().toISOString(),
};
console.log(
  `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, commit ${machine.commit}${flags.quick ? ', quick: figures are no use' : ''}`,
);
console.log('Not controlled: clock speed, other load on the machine. Medians; peers are measured in turn with ours.\n');

const say = (text: string) => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
};
const rows: Row[] = [];
let failed = 0;
let passed = 0;
for (const workload of WORKLOADS) {
  if (flags.only && !flags.only.includes(workload.id)) continue;
  try {
    rows.push(...(await workload.run({ quick: flags.quick, say })));
    passed++;
  } catch (error) {
    failed++;
    console.error(`\n${workload.id} failed: ${(error as Error).stack}`);
  }
}
say('');
print(rows);
if (flags.json) writeFileSync(flags.json, `${JSON.stringify({ machine, rows }, null, 2)}\n`);
console.log(`\n${passed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
