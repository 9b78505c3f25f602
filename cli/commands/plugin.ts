import { resolve } from 'node:path';
import { checkPlugin } from '@audiocloud/engine';
import { Command } from 'commander';

const MARKS: Record<string, string> = { passed: 'ok', failed: 'FAILED', warning: 'warning', skipped: 'skipped' };

/** `audiocloud plugin ...`: what authors of plugins need. */
export function pluginCommand(): Command {
  const plugin = new Command('plugin').description('Checks plugins.');
  plugin
    .command('check')
    .description(
      'Loads a plugin package and checks every model of it against the ABI and its own words. Exit code 1 when a check fails.',
    )
    .argument('<path>', 'folder of the package: the one with audiocloud.json')
    .option('--json', 'print { models: [ { id, checks: [ { name, result, detail } ] } ] }')
    .addHelpText('after', '\nExample:\n  audiocloud plugin check examples/plugins/c-tremolo')
    .action(check);
  return plugin;
}

async function check(path: string, { json }: { json?: boolean }): Promise<void> {
  const result = await checkPlugin(resolve(path));
  const failed = result.models.flatMap(({ checks }) => checks).filter((entry) => entry.result === 'failed').length;
  if (failed > 0) process.exitCode = 1;
  if (json) {
    console.log(JSON.stringify(result));
    return;
  }
  for (const { id, checks } of result.models) {
    console.log(id);
    for (const { name, result: outcome, detail } of checks)
      console.log(`  ${(MARKS[outcome] ?? outcome).padEnd(8)} ${name}${detail ? `: ${detail}` : ''}`);
  }
  console.log(failed > 0 ? `${failed} failed` : 'all passed');
}
