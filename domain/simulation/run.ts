import { parseArgs } from 'node:util';
import { INVARIANTS } from './invariants/index.ts';
import { report } from './report.ts';
import { shrink } from './shrink.ts';
import { simulate } from './simulate.ts';

const HELP = `node domain/simulation/run.ts [--seed N] [--count N] [--trace] [--invariants] [--help]

Lives through worlds made of seeds: the core of the domain on a virtual clock, with faults of its disk, its engines, its
hardware and the network. See docs/simulation.md.

  --seed N       the first seed; default 1
  --count N      how many; default 1 with --seed, else 1000
  --trace        print all that happens
  --invariants   list what must be true in every world
`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    count: { type: 'string' },
    trace: { type: 'boolean', default: false },
    invariants: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function numberOf(text: string, option: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  console.error(`Cannot run: --${option} is ${text}, wanted a whole number`);
  process.exit(2);
}

/** How far it is, on one line of a terminal. */
function progress(done: number, count: number, broken: number): void {
  if (!process.stderr.isTTY || count < 20 || (done % 10 !== 0 && done !== count)) return;
  const bar = '#'.repeat(Math.round((30 * done) / count)).padEnd(30, '.');
  process.stderr.write(`\r[${bar}] ${done}/${count} worlds, ${broken} broken${done === count ? '\n' : ''}`);
}

async function run(): Promise<void> {
  const first = numberOf(values.seed ?? '1', 'seed');
  const count = numberOf(values.count ?? (values.seed === undefined ? '1000' : '1'), 'count');
  const print = values.trace ? { print: (line: string) => console.log(line) } : {};
  const began = process.cpuUsage();
  let broken = 0;
  let acknowledged = 0;
  let slowestMs = 0;
  for (let seed = first; seed < first + count; seed++) {
    const outcome = await simulate(seed, print);
    acknowledged += outcome.acknowledged;
    slowestMs = Math.max(slowestMs, outcome.settledAfterMs);
    if (outcome.violation) {
      broken++;
      console.log(`\n${report(values.trace ? outcome : await shrink(outcome))}`);
    }
    progress(seed - first + 1, count, broken);
  }
  const { user, system } = process.cpuUsage(began);
  const ms = (user + system) / 1000 / count;
  console.log(
    `${count} worlds, ${broken} broken; ${acknowledged} changes acknowledged, at rest at most ${(slowestMs / 1000).toFixed(0)} s after the last fault; ${ms.toFixed(1)} ms each`,
  );
  process.exitCode = broken > 0 ? 1 : 0;
}

if (values.help) console.log(HELP);
else if (values.invariants) for (const { name, claim } of INVARIANTS) console.log(`${name}: ${claim}`);
else await run();
