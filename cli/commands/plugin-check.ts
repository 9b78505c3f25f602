import { randomInt } from 'node:crypto';
import { resolve } from 'node:path';
import { AudioCloudError } from '@audiocloud/api';
import {
  CONDUCT_CHECKS,
  CHECKS,
  type CostLine,
  checkPackage,
  costReport,
  type HardwarePort,
  inspectPackage,
} from '@audiocloud/engine';
import { SingleBar } from 'cli-progress';
import { Command, InvalidArgumentError } from 'commander';
import { collect, type Pair, pair, seconds, wholeNumber } from '../flags.ts';
import { typedSettings } from '../typed-settings.ts';
import { checkText, listText } from './plugin-check-text.ts';

interface CheckFlags {
  only: string[];
  model: string[];
  seed?: number;
  limit: number;
  costs?: boolean;
  list?: boolean;
  port: Pair[];
  setting: Pair[];
  bytes?: string;
  verbose?: boolean;
  json?: boolean;
}

/** `audiocloud plugin check`: the checks that every plugin gets, the stock ones too. */
export function pluginCheckCommand(): Command {
  return new Command('check')
    .description(
      'Loads a package and checks it: every model of a plugin against the ABI and its own words, drivers of a device against its models, an adapter by its conduct with its simulator or with hardware, the simulator of a device by its conduct and by what it makes of its driver. Exit code 1 when a check fails or crashes.',
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
    .option('--port <name=value>', 'adapters: use this port of real hardware; may be given again', pair, [])
    .option('--setting <name=value>', 'adapters: how that port is opened; may be given again', pair, [])
    .option('--bytes <hex>', 'adapters: what is written to that port; default: what means nothing to a device', hex)
    .option('--verbose', 'a line for every check, also for those that passed')
    .option('--costs', 'also measure what each model costs in a block of 128 frames at 48 kHz')
    .option('--json', 'print { seed, models: [ { id, checks: [ { name, result, detail, area, page } ] } ], costs? }')
    .addHelpText(
      'after',
      '\nExamples:\n  audiocloud plugin check examples/plugins/c-tremolo\n  audiocloud plugin check plugins/adapters/serial --port path=/dev/ttyUSB0 --setting baudRate=9600',
    )
    .action(check);
}

/** Every check there is, of packages of all kinds. */
const ALL = [...CHECKS, ...CONDUCT_CHECKS.map(({ id, title }) => ({ id, area: 'adapter', title }))];

function hex(text: string): string {
  if (!/^([0-9a-f]{2}){1,4096}$/i.test(text)) throw new InvalidArgumentError('wanted hexadecimal digits, two a byte.');
  return text;
}

/** The port of real hardware that flags name. Throws REQUEST_INVALID for settings without one. */
async function hardwareOf(path: string, { port, setting, bytes }: CheckFlags): Promise<HardwarePort | undefined> {
  if (!port.length && (setting.length || bytes))
    throw new AudioCloudError(
      'REQUEST_INVALID',
      'Cannot check with --setting or --bytes alone: name the hardware with --port',
    );
  if (!port.length) return undefined;
  const { settings: taken = { properties: {} } } = await inspectPackage(path);
  return {
    port: Object.fromEntries(port),
    settings: typedSettings(setting, taken),
    ...(bytes ? { bytes } : {}),
  };
}

function checkName(name: string, before: string[]): string[] {
  if (!ALL.some(({ id }) => id === name)) throw new InvalidArgumentError('--list names all checks.');
  return [...before, name];
}

async function check(path: string | undefined, flags: CheckFlags, command: Command): Promise<void> {
  if (flags.list) {
    const list = ALL.map(({ id, area, title }) => ({ name: id, area, title }));
    console.log(flags.json ? JSON.stringify({ checks: list }) : listText(list));
    return;
  }
  if (path === undefined) return command.error("error: missing required argument 'path'");
  const bar =
    flags.json || !process.stderr.isTTY ? undefined : new SingleBar({ format: '{bar} {value}/{total} {check}' });
  const hardware = await hardwareOf(resolve(path), flags);
  const report = await checkPackage(resolve(path), {
    ...(hardware ? { hardware } : {}),
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
