import { resolve } from 'node:path';
import { SingleBar } from 'cli-progress';
import { Command, InvalidArgumentError } from 'commander';
import { checkEngine } from '../engine-check/check-engine.ts';
import { ENGINE_CHECKS } from '../engine-check/check-table.ts';
import { startEngine } from '../engine-check/start-engine.ts';
import { seconds } from '../flags.ts';
import { engineListText, engineReportText } from './engine-check-text.ts';

interface CheckFlags {
  data?: string;
  only: string[];
  limit: number;
  list?: boolean;
  verbose?: boolean;
  json?: boolean;
}

/** `audiocloud engine check`: whether an engine keeps the engine protocol. */
export function engineCheckCommand(): Command {
  return new Command('check')
    .description(
      'Speaks the engine protocol with an engine and holds every answer, event, packet and file against it. Parts that an engine leaves out are skipped. Exit code 1 when a check fails or crashes.',
    )
    .argument('[command...]', 'starts an engine (after --); {data} is the folder for its sockets')
    .option('--data <folder>', 'the folder of an engine that runs, which is left running: what would end it is skipped')
    .option('--only <check>', 'run this check alone; may be given again', checkName, [])
    .option('--limit <seconds>', 'what one answer may take', seconds, 30)
    .option('--list', 'name all checks, and what each wants')
    .option('--verbose', 'a line for every check, also for those that passed')
    .option('--json', 'print { engine, checks: [ { id, area, wants, result, found } ] }')
    .addHelpText('after', '\nExample:\n  audiocloud engine check -- node engine.js --data {data}')
    .action(check);
}

function checkName(name: string, before: string[]): string[] {
  if (!ENGINE_CHECKS.some(({ id }) => id === name)) throw new InvalidArgumentError('--list names all checks.');
  return [...before, name];
}

async function check(words: string[], flags: CheckFlags, command: Command): Promise<void> {
  if (flags.list) {
    const checks = ENGINE_CHECKS.map(({ id, area, wants }) => ({ id, area, wants }));
    console.log(flags.json ? JSON.stringify({ checks }) : engineListText(checks));
    return;
  }
  if (flags.data === undefined && words.length === 0)
    return command.error('error: give the command that starts an engine after --, or --data FOLDER of one that runs');
  const bar =
    flags.json || !process.stderr.isTTY ? undefined : new SingleBar({ format: '{bar} {value}/{total} {check}' });
  const report = await checkEngine({
    ...(flags.data === undefined ? {} : { dataDir: resolve(flags.data) }),
    ...(words.length === 0 ? {} : { start: () => startEngine(words) }),
    ...(flags.only.length ? { only: flags.only } : {}),
    limitSeconds: flags.limit,
    onCheck: ({ id }, done, of) => {
      if (done === 1) bar?.start(of, 0);
      bar?.update(done, { check: id });
    },
  }).finally(() => bar?.stop());
  if (report.checks.some(({ result }) => result === 'failed' || result === 'crashed')) process.exitCode = 1;
  const isVerbose = flags.verbose === true || flags.only.length > 0;
  console.log(flags.json ? JSON.stringify(report) : engineReportText(report, { isVerbose }));
}
