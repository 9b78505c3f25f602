import { fileURLToPath } from 'node:url';
import t from 'tap';
import { RunningEngine } from '../../test/running-engine.ts';
import { CommandProcess } from '../testing/run-command.ts';

const cli = new CommandProcess();
const engine = await RunningEngine.start();
t.teardown(async () => {
  await cli.end();
  await engine.remove();
});
const check = (...args: string[]) => cli.run('engine', 'check', ...args);
const only = (...names: string[]) => names.flatMap((name) => ['--only', name]);

t.test('engine check holds a running engine against the protocol, and leaves it running', async (t) => {
  const names = only('hello-facts', 'load-cycle', 'render-fades', 'render-cancel', 'shutdown');
  const { code, stdout, stderr } = await check('--data', engine.dataDir, ...names);
  t.same({ code, stderr }, { code: 0, stderr: '' });
  t.match(
    stdout,
    /^audiocloud \d+\.\d+\.\d+: live, offline, push, export, record, media\n {2}hello {15}1 passed\n {4}passed +hello-facts: audiocloud/,
  );
  t.match(stdout, /load-cycle: Cannot order the graph: first -> second/);
  t.match(stdout, /skipped +shutdown: it would end the engine/);
  t.match(stdout, /\n4 passed, 1 skipped\n$/);
  t.notMatch(stdout, '\x1b', 'no colours in a pipe');
  t.equal(engine.child.exitCode, null);
});

t.test('--json keeps its form', async (t) => {
  const { code, stdout } = await check('--data', engine.dataDir, ...only('not-json'), '--json');
  t.equal(code, 0);
  t.match(JSON.parse(stdout), {
    engine: { name: 'audiocloud', version: /^\d/, abilities: ['live', 'offline', 'push', 'export', 'record', 'media'] },
    checks: [{ id: 'not-json', area: 'framing', wants: /MESSAGE_INVALID/, result: 'passed', found: String }],
  });
});

t.test('--list names every check, each once', async (t) => {
  const { stdout } = await check('--list');
  const { checks } = JSON.parse((await check('--list', '--json')).stdout) as {
    checks: { id: string; wants: string }[];
  };
  t.ok(checks.length >= 100, `${checks.length} checks`);
  t.equal(new Set(checks.map(({ id }) => id)).size, checks.length);
  const lines = new Map([...stdout.matchAll(/^ {2}(\S+) +(.+)$/gm)].map(([, id, wants]) => [id, wants]));
  t.same(
    checks.map(({ id, wants }) => [id, wants]),
    [...lines],
  );
});

t.test('what is no engine fails, and what cannot be understood is refused', async (t) => {
  t.match(await check(), { code: 2, stderr: /--data/ });
  t.match(await check('--data', engine.dataDir, ...only('nothing')), { code: 2, stderr: /--list/ });
  t.match(await check('--data', '/nobody'), { code: 1, stderr: /ENGINE_UNAVAILABLE: Cannot connect.*ENOENT/ });
  t.match(await check('--data', `/${'long'.repeat(30)}`), { code: 1, stderr: /ENGINE_UNAVAILABLE.*EINVAL/ });
  const silent = fileURLToPath(new URL('../testing/command-runner.ts', import.meta.url));
  t.match(await check('--', process.execPath, silent), { code: 1, stderr: /ENGINE_UNAVAILABLE.*it ended with/ });
});
