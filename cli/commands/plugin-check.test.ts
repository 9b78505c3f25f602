import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { CommandProcess } from '../testing/run-command.ts';

const TREMOLO = fileURLToPath(new URL('../../examples/plugins/c-tremolo', import.meta.url));
const PREAMP = fileURLToPath(new URL('../../plugins/devices/generic-line-preamp', import.meta.url));
const cli = new CommandProcess();
t.teardown(() => cli.end());
const check = (...args: string[]) => cli.run('plugin', 'check', ...args);

t.test('plugin check counts what passed, names the rest, and says how to replay it', async (t) => {
  const some = ['manifest', 'integrity', 'value-text', 'reset-twice'].flatMap((name) => ['--only', name]);
  const { code, stdout, stderr } = await check(TREMOLO, '--seed', '7', ...some);
  t.same({ code, stderr }, { code: 0, stderr: '' });
  t.match(stdout, /^audiocloud-example-tremolo 1\.0\.0\n {2}package {5}1 passed, 1 skipped\n/);
  t.match(stdout, /skipped +integrity: the manifest has no integrity/);
  t.match(stdout, /\nexample:tremolo\n {2}model {7}1 passed\n.*\n {2}reset {7}1 passed\n/);
  t.match(stdout, /3 passed, 1 skipped \(--seed 7 replays\)\n$/);
  t.notMatch(stdout, '\x1b', 'no colours in a pipe');
});

t.test('what failed is named with its page, and the exit code is 1', async (t) => {
  const folder = t.testdir();
  cpSync(TREMOLO, folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "name": "tremolo", "version": "1.0.0", "license": "MIT" }');
  const { code, stdout } = await check(folder, '--only', 'package-json', '--only', 'manifest');
  t.equal(code, 1);
  t.match(stdout, /failed +package-json: package\.json lacks the keyword audiocloud-plugin/);
  t.match(stdout, /see https:.*docs\/plugin-checks\.md#package-json/);
  t.match(stdout, /1 passed, 1 failed/);
});

t.test('--json keeps its form', async (t) => {
  const { code, stdout } = await check(
    TREMOLO,
    '--only',
    'sleep',
    '--model',
    'example:tremolo',
    '--json',
    '--seed',
    '4294967295',
  );
  t.equal(code, 0);
  const report = JSON.parse(stdout);
  t.match(report, {
    package: { name: 'audiocloud-example-tremolo', version: '1.0.0' },
    seed: 4294967295,
    models: [{ id: 'example:tremolo', checks: [{ name: 'sleep', result: 'passed', area: 'processing' }] }],
  });
  t.type(report.models[0].checks[0].detail, 'string');
  t.match(report.models[0].checks[0].page, /plugin-checks\.md#sleep$/);
});

t.test('--list names every check', async (t) => {
  const { code, stdout } = await check('--list');
  t.equal(code, 0);
  const { checks } = JSON.parse((await check('--list', '--json')).stdout) as {
    checks: { name: string; title: string }[];
  };
  t.ok(checks.length >= 44, `${checks.length} checks`);
  const lines = new Map([...stdout.matchAll(/^ {2}(\S+) +(.+)$/gm)].map(([, name, title]) => [name, title]));
  t.strictSame(
    checks.map(({ name, title }) => [name, title]),
    [...lines],
  );
});

t.test('what cannot be understood is refused', async (t) => {
  t.match(await check(), { code: 2, stderr: /path/ });
  t.match(await check(TREMOLO, '--only', 'nothing'), { code: 2, stderr: /--list/ });
  t.match(await check(TREMOLO, '--seed', '-1'), { code: 2, stderr: /4294967295/ });
  t.match(await check(TREMOLO, '--model', 'no:body'), { code: 1, stderr: /MODEL_UNKNOWN.*example:tremolo/ });
  t.match(await check(join(TREMOLO, 'gone')), { code: 1, stderr: /PLUGIN_MISSING/ });
});

t.test('mistakes of a device are told with file, line, check and mend', async (t) => {
  const folder = t.testdir();
  cpSync(PREAMP, folder, { recursive: true });
  const driver = readFileSync(join(PREAMP, 'driver.yaml'), 'utf8');
  writeFileSync(join(folder, 'driver.yaml'), driver.replace('  gainDb:', '  gainDbX2:'));
  const { code, stdout } = await check(folder);
  t.equal(code, 1);
  t.match(stdout, /\ndriver\.yaml:7: parameter-unknown \/parameters\/gainDbX2 .*\n {2}mend: write gainDb/);
  t.match(stdout, /\ndriver\.yaml:6: parameter-unmapped /);
  t.match(JSON.parse((await check(folder, '--json')).stdout).problems, [
    { file: 'driver.yaml', line: 7, check: 'parameter-unknown', place: '/parameters/gainDbX2' },
    { file: 'driver.yaml', line: 6, check: 'parameter-unmapped', place: '/parameters' },
  ]);
  t.same(JSON.parse((await check(PREAMP, '--json')).stdout).problems, []);
});
