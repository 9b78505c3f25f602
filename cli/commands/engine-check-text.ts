import { styleText } from 'node:util';
import type { CheckLine, EngineReport } from '../engine-check/check-engine.ts';
import type { CheckResult } from '../engine-check/outcome.ts';

const RESULTS: readonly CheckResult[] = ['passed', 'failed', 'crashed', 'skipped'];
const COLOURS = { passed: 'green', failed: 'red', crashed: 'magenta', skipped: 'gray' } as const;
const AREA_WIDTH = 20;
const ID_WIDTH = 28;

/** Coloured on a terminal, and nowhere else: pipes and NO_COLOR get plain text. */
const paint = (result: CheckResult, text: string): string =>
  styleText(COLOURS[result], text, { stream: process.stdout });

/** `4 passed, 1 failed`; results that there are none of are left out. */
function counts(checks: readonly CheckLine[]): string {
  return RESULTS.flatMap((result) => {
    const count = checks.filter((check) => check.result === result).length;
    return count ? [paint(result, `${count} ${result}`)] : [];
  }).join(', ');
}

const isBad = ({ result }: CheckLine) => result === 'failed' || result === 'crashed';

/** A report as a person reads it: what passed is counted, the rest is named. */
export function engineReportText({ engine, checks }: EngineReport, { isVerbose }: { isVerbose: boolean }): string {
  return [
    `${engine.name} ${engine.version}: ${engine.abilities.join(', ')}`,
    ...[...Map.groupBy(checks, ({ area }) => area)].flatMap(([area, all]) => [
      `  ${area.padEnd(AREA_WIDTH)}${counts(all)}`,
      ...all
        .filter((check) => isVerbose || isBad(check))
        .flatMap((check) => [
          `    ${paint(check.result, check.result.padEnd(8))} ${check.id}: ${check.found}`,
          ...(isBad(check) ? [`             wanted: ${check.wants}`] : []),
        ]),
    ]),
    counts(checks),
  ].join('\n');
}

/** All checks by area. */
export function engineListText(checks: readonly { id: string; area: string; wants: string }[]): string {
  return [...Map.groupBy(checks, ({ area }) => area)]
    .flatMap(([area, all]) => [area, ...all.map(({ id, wants }) => `  ${id.padEnd(ID_WIDTH)}${wants}`)])
    .join('\n');
}
