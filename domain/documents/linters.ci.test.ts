import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Parser } from '@asyncapi/parser';
import spectralCore from '@stoplight/spectral-core';
import t from 'tap';
import { startTestDomain } from '../testing/test-domain.ts';
import { SPECTRAL_RULES } from './spectral-rules.ts';

/*
 * Public linters read the documents as a running domain serves them. Errors fail; warnings are printed, and are none today.
 */
const domain = await startTestDomain(t);
const [openapi, asyncapi] = await Promise.all(
  ['/openapi.json', '/asyncapi.json'].map(async (path) => (await domain.call('GET', path)).body),
);

interface Finding {
  isError: boolean;
  rule: string;
  place: string;
  message: string;
}
const RULE_SEVERITIES = ['error', 'warning', 'information', 'hint'] as const;
const text = ({ rule, place, message }: Finding) => `${rule} at ${place}: ${message}`;

/** Tells all that was found, and wants no error among it. */
function judge(t: { comment(text: string): void; same(a: unknown, b: unknown): void }, findings: Finding[]): void {
  const [errors, warnings] = [findings.filter(({ isError }) => isError), findings.filter(({ isError }) => !isError)];
  t.comment(`${errors.length} errors, ${warnings.length} warnings`);
  for (const warning of warnings) t.comment(text(warning));
  t.same(errors.map(text), []);
}

async function redocly(document: unknown, folder: string): Promise<Finding[]> {
  const file = join(folder, 'openapi.json');
  writeFileSync(file, JSON.stringify(document));
  const command = fileURLToPath(new URL('../../node_modules/.bin/redocly', import.meta.url));
  const config = fileURLToPath(new URL('redocly.yaml', import.meta.url));
  const environment = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  const output = await new Promise<string>((resolve) =>
    // The exit code is 1 when there are errors: what was found says so.
    execFile(command, ['lint', file, '--config', config, '--format', 'json'], { env: environment }, (_, stdout) =>
      resolve(stdout),
    ),
  );
  const { problems } = JSON.parse(output) as {
    problems: { ruleId: string; severity: string; message: string; location: { pointer?: string }[] }[];
  };
  return problems.map(({ ruleId, severity, message, location }) => ({
    isError: severity === 'error',
    rule: ruleId,
    place: location[0]?.pointer ?? '',
    message,
  }));
}

async function spectral(document: object): Promise<Finding[]> {
  const linter = new spectralCore.Spectral();
  linter.setRuleset(SPECTRAL_RULES);
  return (await linter.run(document as Record<string, unknown>)).map(({ code, severity, path, message }) => ({
    isError: RULE_SEVERITIES[severity] === 'error',
    rule: String(code),
    place: path.join('/'),
    message,
  }));
}

async function asyncapiParser(document: unknown): Promise<Finding[]> {
  const { diagnostics } = await new Parser().parse(JSON.stringify(document));
  return diagnostics.map(({ code, severity, path, message }) => ({
    isError: RULE_SEVERITIES[severity] === 'error',
    rule: String(code),
    place: path.join('/'),
    message,
  }));
}

t.test('Redocly finds no error in the OpenAPI document, and finds those that are put in', async (t) => {
  const folder = t.testdir();
  judge(t, await redocly(openapi, folder));
  const broken = { ...openapi, paths: { '/x': { get: { responses: { 200: 7 } } } } };
  t.ok((await redocly(broken, folder)).some(({ isError }) => isError));
});

t.test('Spectral with the rules by OWASP finds no error in it, and finds those that are put in', async (t) => {
  judge(t, await spectral(openapi));
  const { createTask } = { createTask: openapi.paths['/v1/tasks'].post };
  const unlimited = {
    ...createTask,
    security: [],
    requestBody: { content: { 'application/json': { schema: { type: 'string' } } } },
  };
  const rules = (await spectral({ ...openapi, paths: { '/v1/tasks': { post: unlimited } } })).map(({ rule }) => rule);
  for (const rule of ['owasp:api2:2023-write-restricted', 'owasp:api4:2023-string-limit'])
    t.ok(rules.includes(rule), rule);
});

t.test('the AsyncAPI parser finds no error in the AsyncAPI document, and finds those that are put in', async (t) => {
  judge(t, await asyncapiParser(asyncapi));
  const broken = { ...asyncapi, channels: { live: { address: 7 } } };
  t.ok((await asyncapiParser(broken)).some(({ isError }) => isError));
});
