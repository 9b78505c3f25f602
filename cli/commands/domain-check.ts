import { asAudioCloudError, type AudioCloudError } from '@audiocloud/api';
import type { EffectiveConfig, EffectiveSetting } from '@audiocloud/domain';
import { Command } from 'commander';
import type { DomainFinding } from '../config/check-domain.ts';

const EXAMPLE = `
A configuration, YAML or JSON; every key may be left out, and paths are taken from its folder:
  host: 127.0.0.1
  port: 7700
  data: ./data
  media: [./songs]
  log: { level: info }
  drain: { delaySeconds: 5, limitSeconds: 20 }

In the environment a key is AUDIOCLOUD_ and its name in capitals: AUDIOCLOUD_PORT, AUDIOCLOUD_LOG_LEVEL.

Example:
  audiocloud domain check audiocloud.yaml
  audiocloud domain check audiocloud.yaml --json`;

/** `audiocloud domain check`: whether a domain could start, without a start. */
export function domainCheckCommand(): Command {
  return new Command('check')
    .summary('checks a configuration without a start')
    .description(
      'Checks a configuration file with the environment: its keys, the folders, the port, the plugins, the store; prints what counts and where it is from. Exit code 1 when a domain could not run with it.',
    )
    .argument('[file]', 'configuration in YAML or JSON; else AUDIOCLOUD_CONFIG names it, or there is none')
    .option('--json', 'print one object: { ok, findings, settings, notes, error? }')
    .addHelpText('after', EXAMPLE)
    .action(check);
}

async function check(file: string | undefined, { json }: { json?: boolean }): Promise<void> {
  const { readConfig } = await import('@audiocloud/domain');
  const { checkDomain } = await import('../config/check-domain.ts');
  let read: EffectiveConfig;
  try {
    read = readConfig({ file: file ?? (process.env['AUDIOCLOUD_CONFIG'] || undefined), environment: process.env });
  } catch (thrown) {
    process.exitCode = 1;
    const error = asAudioCloudError(thrown);
    if (json) console.log(JSON.stringify({ ok: false, findings: [], settings: [], notes: [], error: error.toJSON() }));
    else printProblems(error);
    return;
  }
  const findings = await checkDomain(read.config);
  const ok = findings.every((finding) => finding.ok);
  if (!ok) process.exitCode = 1;
  const settings = read.settings.map(shownSetting(await import('@audiocloud/domain')));
  if (json) console.log(JSON.stringify({ ok, findings, settings, notes: read.notes }));
  else print(findings, settings, read.notes);
}

/** A setting as it may be shown. */
const shownSetting =
  ({ redact }: { redact(text: string): string }) =>
  ({ key, value, source, isSecret }: EffectiveSetting) => {
    if (value === undefined) return { key, value: null, source };
    if (isSecret) return { key, value: '[redacted]', source };
    return { key, value: typeof value === 'string' ? redact(value) : value, source };
  };

function printProblems(error: AudioCloudError): void {
  const problems = error.details?.['problems'] as { where: string; key: string; message: string }[] | undefined;
  if (!problems) console.log(error.message);
  for (const { where, key, message } of problems ?? []) console.log(`${where}: ${key}: ${message}`);
}

function print(findings: DomainFinding[], settings: ReturnType<ReturnType<typeof shownSetting>>[], notes: string[]) {
  for (const { ok, key, message } of findings) console.log(`${ok ? 'ok   ' : 'wrong'} ${key}: ${message}`);
  for (const note of notes) console.log(`note  ${note}`);
  console.log();
  for (const { key, value, source } of settings)
    console.log(`${key} = ${value === null ? '(not set)' : JSON.stringify(value)}  # ${source}`);
}
