import { resolve } from 'node:path';
import { type CostLine, checkPlugin, costReport } from '@audiocloud/engine';
import { Command } from 'commander';

const MARKS: Record<string, string> = { passed: 'ok', failed: 'FAILED', warning: 'warning', skipped: 'skipped' };

/** `audiocloud plugin check`: the checks that every plugin gets. */
export function pluginCheckCommand(): Command {
  return new Command('check')
    .description(
      'Loads a plugin package and checks every model of it against the ABI and its own words. Exit code 1 when a check fails.',
    )
    .argument('<path>', 'folder of the package: the one with audiocloud.json')
    .option('--costs', 'also measure what each model costs in a block of 128 frames at 48 kHz')
    .option('--json', 'print { models: [ { id, checks: [ { name, result, detail } ] } ], costs? }')
    .addHelpText('after', '\nExample:\n  audiocloud plugin check examples/plugins/c-tremolo')
    .action(check);
}

async function check(path: string, flags: { json?: boolean; costs?: boolean }): Promise<void> {
  const result = await checkPlugin(resolve(path));
  const costs = flags.costs ? costReport(resolve(path)) : undefined;
  const failed = result.models.flatMap(({ checks }) => checks).filter((entry) => entry.result === 'failed').length;
  if (failed > 0) process.exitCode = 1;
  if (flags.json) {
    console.log(JSON.stringify({ ...result, ...(costs ? { costs } : {}) }));
    return;
  }
  for (const { id, checks } of result.models) {
    console.log(id);
    for (const { name, result: outcome, detail } of checks)
      console.log(`  ${(MARKS[outcome] ?? outcome).padEnd(8)} ${name}${detail ? `: ${detail}` : ''}`);
  }
  for (const { id, usual, dearest, error } of costs ?? []) {
    console.log(`${id}: ${usual ? costText(usual) : `no cost: ${error}`}`);
    if (dearest) console.log(`  at its dearest: ${costText(dearest)} ${JSON.stringify(dearest.parameters)}`);
  }
  console.log(failed > 0 ? `${failed} failed` : 'all passed');
}

const costText = ({ oneNs, besideNs }: CostLine): string =>
  `${(oneNs / 1000).toFixed(2)} us a block alone, ${(besideNs / 1000).toFixed(2)} us beside 31 others`;
