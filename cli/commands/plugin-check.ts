import { randomInt } from 'node:crypto';
import { resolve } from 'node:path';
import { CHECKS, type CostLine, checkPackage, costReport } from '@audiocloud/engine';
import { SingleBar } from 'cli-progress';
import { Command, InvalidArgumentError } from 'commander';
import { collect, seconds, wholeNumber } from '../flags.ts';
import { checkText, listText } from './plugin-check-text.ts';

interface CheckFlags {
  only: string[];
  model: string[];
  seed?: number;
  limit: number;
  costs?: boolean;
  list?: boolean;
  verbose?: boolean;
  json?: boolean;
}

/** `audiocloud plugin check`: the checks that every plugin gets, the stock ones too. */
export function pluginCheckCommand(): Command {
  return new Command('check')
    .description(
      'Loads a plugin package and checks every model of it against the ABI and its own words. Exit code 1 when a check fails or crashes.',
    )
    .argument('[path]', 'folder of the package: the one with audiocloud.json')
    .option('--only <check>', 'run this check alone; may be given again', checkName, [])
    .option('--model <id>', 'look at this model alone; may be given again', collect, [])
    .option(
      '--seed <number>',
      'replays what is random in a run; default: another one each time',
      wholeNumber(0, 2 ** 32 - 1),
    )
    .option('--limit <seconds>', 'what one check may take before it counts as crashed', seconds, 60)
    .option('--list', 'name all checks, and what each is about')
    .option('--verbose', 'a line for every check, also for those that passed')
    .option('--costs', 'also measure what each model costs in a block of 128 frames at 48 kHz')
    .option('--json', 'print { seed, models: [ { id, checks: [ { name, result, detail, area, page } ] } ], costs? }')
    .addHelpText('after', '\nExample:\n  audiocloud plugin check examples/plugins/c-tremolo')
    .action(check);
}

function checkName(name: string, before: string[]): string[] {
  if (!CHECKS.some(({ id }) => id === name)) throw new InvalidArgumentError('--list names all checks.');
  return [...before, name];
}

async function check(path: string | undefined, flags: CheckFlags, command: Command): Promise<void> {
  if (flags.list) {
    const list = CHECKS.map(({ id, area, title }) => ({ name: id, area, title }));
    console.log(flags.json ? JSON.stringify({ checks: list }) : listText(list));
    return;
  }
  if (path === undefined) return command.error("error: missing required argument 'path'");
  const bar =
    flags.json || !process.stderr.isTTY ? undefined : new SingleBar({ format: '{bar} {value}/{total} {check}' });
  const report = await checkPackage(resolve(path), {
    ...(flags.only.length ? { only: flags.only } : {}),
    ...(flags.model.length ? { models: flags.model } : {}),
    seed: flags.seed ?? randomInt(2 ** 32),
    limitSeconds: flags.limit,
    onCheck: ({ name }, model, { done, of }) => {
      if (done === 1) bar?.start(of, 0);
      bar?.update(done, { check: `${model} ${name}` });
    },
  }).finally(() => bar?.stop());
  const costs = flags.costs ? costReport(resolve(path)) : undefined;
  const results = report.models.flatMap(({ checks }) => checks.map(({ result }) => result));
  if (results.includes('failed') || results.includes('crashed')) process.exitCode = 1;
  if (flags.json) {
    console.log(JSON.stringify({ ...report, ...(costs ? { costs } : {}) }));
    return;
  }
  console.log(checkText(report, { isVerbose: flags.verbose === true || flags.only.length > 0 }));
  for (const { id, usual, dearest, error } of costs ?? []) {
    console.log(`${id}: ${usual ? costText(usual) : `no cost: ${error}`}`);
    if (dearest) console.log(`  at its dearest: ${costText(dearest)} ${JSON.stringify(dearest.parameters)}`);
  }
}

const costText = ({ oneNs, besideNs }: CostLine): string =>
  `${(oneNs / 1000).toFixed(2)} us a block alone, ${(besideNs / 1000).toFixed(2)} us beside 31 others`;
