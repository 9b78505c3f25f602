import { styleText } from 'node:util';
import type { CheckResult, DeviceProblem, PluginCheck, PluginReport } from '@audiocloud/engine';

const RESULTS: readonly CheckResult[] = ['passed', 'warning', 'failed', 'crashed', 'skipped'];
const COLOURS = { passed: 'green', warning: 'yellow', failed: 'red', crashed: 'magenta', skipped: 'gray' } as const;

/** Coloured on a terminal, and nowhere else: pipes and NO_COLOR get plain text. */
const paint = (result: CheckResult, text: string): string =>
  styleText(COLOURS[result], text, { stream: process.stdout });

/** `4 passed, 1 failed`; results that there are none of are left out. */
function counts(checks: readonly PluginCheck[]): string {
  return RESULTS.flatMap((result) => {
    const count = checks.filter((check) => check.result === result).length;
    return count ? [paint(result, `${count} ${result}`)] : [];
  }).join(', ');
}

const isBad = ({ result }: PluginCheck) => result === 'failed' || result === 'crashed' || result === 'warning';

function areaLines(checks: readonly PluginCheck[], indent: string, isVerbose: boolean): string[] {
  return [...Map.groupBy(checks, ({ area }) => area)].flatMap(([area, all]) => [
    `${indent}${area.padEnd(12)}${counts(all)}`,
    ...all
      .filter((check) => isVerbose || isBad(check))
      .flatMap((check) => [
        `${indent}  ${paint(check.result, check.result.padEnd(8))} ${check.name}: ${check.detail}`,
        ...(isBad(check) ? [`${indent}           see ${check.page}`] : []),
      ]),
  ]);
}

/** Where it is, which check found it, what is wrong, and the mend. */
const problemLines = ({ file, line, check, place, message, mend }: DeviceProblem): string[] => [
  `${file}:${line}: ${paint('failed', check)} ${place} ${message}`,
  `  mend: ${mend}`,
];

/** A report as a person reads it: what passed is counted, the rest is named. */
export function checkText(
  { package: { name, version }, seed, models, problems = [] }: PluginReport,
  { isVerbose }: { isVerbose: boolean },
): string {
  const isShared = ({ area }: PluginCheck) => area === 'package' || area === 'module';
  const shared = models[0]?.checks.filter(isShared) ?? [];
  const all = [...shared, ...models.flatMap(({ checks }) => checks.filter((check) => !isShared(check)))];
  return [
    `${name} ${version}`,
    ...areaLines(shared, '  ', isVerbose),
    ...models.flatMap(({ id, checks }) => {
      const own = checks.filter((check) => !isShared(check));
      return own.length ? [id, ...areaLines(own, '  ', isVerbose)] : [];
    }),
    ...problems.flatMap(problemLines),
    `${counts(all)} (--seed ${seed} replays)`,
  ].join('\n');
}

/** All checks by area. */
export function listText(checks: readonly { name: string; area: string; title: string }[]): string {
  return [...Map.groupBy(checks, ({ area }) => area)]
    .flatMap(([area, all]) => [area, ...all.map(({ name, title }) => `  ${name.padEnd(28)}${title}`)])
    .join('\n');
}
