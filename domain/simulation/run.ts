import { planOf } from './plan.ts';
import { World } from './world/world.ts';
const seed = Number(process.argv[2] ?? 1);
const n = Number(process.argv[3] ?? 1);
const cpu0 = process.cpuUsage();
const found = new Map<string, number[]>();
let lines = 0; let settled = 0;
for (let s = seed; s < seed + n; s++) {
  const world = new World({ plan: planOf(s), ...(process.argv[4] === 'trace' ? { print: console.log } : {}) });
  const v = await world.run();
  lines += world.trace.lines; settled = Math.max(settled, world.settledAfterMs);
  if (v) { found.set(v.invariant, [...(found.get(v.invariant) ?? []), s]); if (n < 20 || found.get(v.invariant)!.length < 3) console.log(s, v.invariant, v.why.slice(0, 600)); }
  else if (n === 1) console.log('ok', world.trace.hash, world.settledAfterMs);
}
const cpu = process.cpuUsage(cpu0);
console.log([...found].map(([k, v]) => `${k}: ${v.length} e.g. ${v.slice(0, 6)}`).join('\n'));
console.log(`${((cpu.user + cpu.system) / 1000 / n).toFixed(1)} ms each, ${(lines / n).toFixed(0)} lines, settled at most ${settled}`);
