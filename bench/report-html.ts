import type { Regression } from './baseline.ts';
import { type Machine, NOT_CONTROLLED } from './machine.ts';
import { PEERS } from './peers/peers.ts';
import { barChart, escaped, goalChart, spreadChart } from './plot.ts';
import { figure, verdict } from './report-text.ts';
import type { Row, Workload } from './row.ts';

export interface ReportInput {
  machine: Machine;
  isQuick: boolean;
  sections: { workload: Workload; rows: Row[] }[];
  regressions: Regression[];
  failures: string[];
}

const STYLE = `
:root { color-scheme: light dark; --page: #fbfbfa; --card: #fff; --text: #1d2126; --soft: #5d6670; --line: #dfe2e6;
  --ours: #1f6fd6; --peer: #9aa4af; --goal: #b4540a; --good: #1a7f45; --bad: #c0262d; --dot: #1f6fd6; }
@media (prefers-color-scheme: dark) { :root { --page: #14171b; --card: #1c2025; --text: #e8eaed; --soft: #9ba5b0;
  --line: #31373f; --ours: #5ea3ff; --peer: #6b7683; --goal: #f0a35e; --good: #57c98a; --bad: #ff7b80; --dot: #5ea3ff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1000px; margin: 0 auto; padding: 32px 20px 64px; }
h1 { font-size: 26px; margin: 0 0 4px; } h2 { font-size: 19px; margin: 0 0 2px; } h3 { font-size: 14px; margin: 20px 0 2px; }
p { margin: 4px 0 10px; max-width: 75ch; } .soft, dt, caption { color: var(--soft); }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 18px 20px; margin: 18px 0; }
.tiles { display: flex; flex-wrap: wrap; gap: 12px; margin: 18px 0; } .tile { background: var(--card); border: 1px solid var(--line);
  border-radius: 10px; padding: 10px 18px; min-width: 128px; } .tile b { display: block; font-size: 26px; line-height: 1.2; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 8px 0; } dd { margin: 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; margin-top: 12px; font-size: 13.5px; }
th, td { text-align: left; padding: 5px 10px 5px 0; border-top: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; color: var(--soft); border-top: 0; white-space: nowrap; } .n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.met { color: var(--good); white-space: nowrap; } .missed { color: var(--bad); font-weight: 600; white-space: nowrap; } .absent { color: var(--soft); white-space: nowrap; }
.warn { border-left: 4px solid var(--bad); } .ours { color: var(--ours); font-weight: 600; }
nav { display: flex; flex-wrap: wrap; gap: 4px 14px; font-size: 14px; } a { color: var(--ours); }
svg { display: block; width: 100%; height: auto; font: 13px system-ui, sans-serif; } svg text { fill: var(--text); } svg .soft { fill: var(--soft); }
@media print { section { break-inside: avoid; } }
`;

/** One page with everything in it: no script, nothing from a network. */
export function htmlReport({ machine, isQuick, sections, regressions, failures }: ReportInput): string {
  const rows = sections.flatMap((section) => section.rows);
  const count = (wanted: string) => rows.filter((one) => one.goal !== null && verdict(one) === wanted).length;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Audio Cloud benchmarks, ${escaped(machine.commit)}</title><style>${STYLE}</style></head><body><main>
<h1>Audio Cloud benchmarks</h1>
<p class="soft">Commit ${escaped(machine.commit)}${machine.isDirty ? ' with changes that no commit holds' : ''}, ${escaped(machine.date.slice(0, 16).replace('T', ' '))} UTC</p>
${isQuick ? '<section class="warn"><h2>A quick run</h2><p>It proves that all engines do the same work. Its figures are no use.</p></section>' : ''}
<div class="tiles">
<div class="tile"><b class="met">${count('met')}</b>goals met</div>
<div class="tile"><b class="missed">${count('MISSED')}</b>goals missed</div>
<div class="tile"><b>${count('not yet')}</b>not there yet</div>
<div class="tile"><b>${rows.filter(({ check }) => check).length}</b>comparisons proven</div>
</div>
${troubles(regressions, failures)}
<section><h2>The run</h2>${facts(machine)}<p class="soft">${escaped(NOT_CONTROLLED)}</p></section>
<nav aria-label="Workloads">${sections.map(({ workload }) => `<a href="#${workload.id}">${escaped(workload.name)}</a>`).join('')}</nav>
${sections.map(section).join('\n')}
</main></body></html>
`;
}

function troubles(regressions: Regression[], failures: string[]): string {
  if (regressions.length + failures.length === 0) return '';
  const lines = [
    ...failures.map((text) => `Failed: ${text.split('\n')[0]}`),
    ...regressions.map(
      ({ id, before, now }) =>
        `Regression: ${id} has the ratio ${figure(now)}, ${figure((now / before - 1) * 100)} % above the baseline's ${figure(before)}`,
    ),
  ];
  return `<section class="warn"><h2>What went wrong</h2><ul>${lines.map((line) => `<li>${escaped(line)}</li>`).join('')}</ul></section>`;
}

function facts(machine: Machine): string {
  const peers = PEERS.map(({ name, from }) => {
    const version = machine.peers[name];
    return version ? `${name} ${version}` : `${name} not installed (${from})`;
  });
  const pairs: [string, string][] = [
    ['Processor', `${machine.cpu}, ${machine.cores} cores`],
    ['Memory', `${machine.memoryGiB} GiB`],
    ['System', `${machine.system}, Node ${machine.node}`],
    ['Clock speed', machine.governor ? `governor ${machine.governor}` : 'not told by the kernel'],
    ['Load before', `${machine.loadBefore} processes`],
    ['Peers', peers.join(', ')],
  ];
  return `<dl>${pairs.map(([term, fact]) => `<dt>${escaped(term)}</dt><dd>${escaped(fact)}</dd>`).join('')}</dl>`;
}

function section({ workload, rows }: { workload: Workload; rows: Row[] }): string {
  const contests = rows.filter(({ peers }) => Object.keys(peers).length > 0);
  const plots = contests.map((contest) => contestPlots(contest, rows));
  const alone = rows.filter((one) => !isOfContest(one, contests) && one.goal !== null && one.value !== null);
  return `<section id="${workload.id}"><h2>${escaped(workload.name)}</h2>${workload.about ? `<p class="soft">${escaped(workload.about)}</p>` : ''}
${plots.join('')}${alone.length ? `<h3>Beside the goals</h3>${goalChart(alone)}` : ''}
<div class="scroll">${table(rows)}</div></section>`;
}

const isOfContest = (one: Row, contests: Row[]): boolean =>
  contests.some(({ id }) => one.id === id || (one.id.startsWith(`${id}/`) && one.pairs !== undefined));

/** Speed of all engines, with the speed that the goals ask for; and how the pairs of measurements scatter. */
function contestPlots(contest: Row, rows: Row[]): string {
  const ofPeers = rows.filter(({ id, pairs }) => id.startsWith(`${contest.id}/`) && pairs);
  const goals = ofPeers.flatMap(({ id, goal, pairs }) => {
    const peer = Object.keys(pairs!)[0]!;
    const theirs = contest.peers[peer];
    return goal === null || theirs === undefined
      ? []
      : [{ label: id.endsWith('/faster') ? 'goal' : `goal (${peer})`, value: theirs / goal }];
  });
  const bars = [
    { label: 'Audio Cloud', value: contest.value ?? 0, isOurs: true },
    ...Object.entries(contest.peers)
      .map(([label, value]) => ({ label, value, isOurs: false }))
      .sort((a, b) => b.value - a.value),
  ];
  const spread = Object.entries(contest.pairs ?? {}).map(([label, ratios]) => ({
    label,
    ratios,
    goal: ofPeers.find(({ pairs, goal }) => goal !== null && Object.keys(pairs!)[0] === label)?.goal ?? null,
  }));
  return `<h3>${escaped(contest.name)}: ${escaped(contest.unit)}, longer is faster</h3>${barChart(bars, goals, contest.unit)}
<h3>Our time by theirs, pair by pair: left of 1 we are faster</h3>${spreadChart(spread)}`;
}

function table(rows: Row[]): string {
  const lines = rows.map((one) => {
    const said = verdict(one);
    const sign = { met: '✓ met', MISSED: '✗ missed', 'not yet': '– not yet' }[said] ?? '';
    const remarks = [one.check, one.note].filter((text) => text !== undefined).join('; ');
    const style = { met: 'met', MISSED: 'missed', 'not yet': 'absent' }[said] ?? '';
    const goal = one.goal === null ? '' : `${one.higherIsBetter ? '≥' : '≤'} ${figure(one.goal)}`;
    return `<tr><td>${escaped(one.name)}</td><td class="n">${figure(one.value)}</td><td>${escaped(one.unit)}</td><td class="n">${goal}</td><td class="${style}">${sign}</td><td class="soft">${escaped(remarks)}</td></tr>`;
  });
  return `<table><thead><tr><th>What</th><th class="n">Value</th><th>Unit</th><th class="n">Goal</th><th></th><th>Proof and remarks</th></tr></thead><tbody>${lines.join('')}</tbody></table>`;
}
