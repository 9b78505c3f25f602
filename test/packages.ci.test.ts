import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { stagePackages } from '../scripts/stage-packages.ts';
import { runGuide } from './guide-commands.ts';

const run = promisify(execFile);
/** By a shell that empties NODE_OPTIONS: tap would have its hooks loaded into npm, which takes longer than what npm does. */
const npm = (args: string[], cwd: string) => run('sh', ['-c', 'NODE_OPTIONS= exec npm "$@"', 'npm', ...args], { cwd });

t.test('every package packs, installs in an empty folder and renders there', { timeout: 290_000 }, async (t) => {
  const folder = t.testdir({});
  const staged = await stagePackages();
  const tarballs: string[] = [];
  const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder, ...staged];
  // an array, or an object by name in later versions of npm
  const packed = Object.values<{ filename: string; files: { path: string }[] }>(
    JSON.parse((await npm(pack, folder)).stdout),
  );
  t.equal(packed.length, staged.length);
  for (const { filename, files } of packed) {
    tarballs.push(join(folder, filename));
    const sources = files.map(({ path }) => path).filter((path) => /(?<!\.d|\.as)\.tsx?$|\.test\./.test(path));
    t.same(sources, [], `${filename} ships no TypeScript that Node would have to strip, and no tests`);
  }
  const app = join(folder, 'app');
  mkdirSync(app);
  writeFileSync(join(app, 'package.json'), JSON.stringify({ name: 'app', private: true, type: 'module' }));
  await npm(['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error', ...tarballs], app);
  for (const heavy of ['assemblyscript', 'binaryen', 'playwright-core', 'typescript', 'tap'])
    t.notOk(existsSync(join(app, 'node_modules', heavy)), `${heavy} is not installed with it`);

  const task = {
    sampleRate: 48000,
    lengthSeconds: 0.5,
    instances: { tone: { model: 'audiocloud:tone', parameters: { frequency: 1000, level: -6 } } },
    connections: { out: { from: { node: 'tone' }, to: { node: 'main' } } },
    sinks: { main: { kind: 'stream', channels: 2 } },
  };
  writeFileSync(join(app, 'task.json'), JSON.stringify(task));
  const command = join(app, 'node_modules', '.bin', 'audiocloud');
  const { stdout } = await run(
    process.execPath,
    [command, 'render', 'task.json', '--out', 'out.wav', '--bits', '32f', '--json'],
    { cwd: app },
  );
  const facts = JSON.parse(stdout);
  t.equal(facts.frames, 24000);
  t.ok(Math.abs(20 * Math.log10(facts.peak) + 6) < 0.01, `peak ${facts.peak} is -6 dB`);
  const wav = readFileSync(join(app, 'out.wav'));
  t.equal(wav.toString('latin1', 0, 4), 'RIFF');
  t.ok(wav.length > 24000 * 2 * 4);

  const help = await run(process.execPath, [command, '--help'], { cwd: app });
  t.match(help.stdout, /serve/);

  const device = ['device', 'simulate', '@audiocloud/device-netio-4c', '--json'];
  const simulated = execFile(process.execPath, [command, ...device], { cwd: app });
  simulated.stdin!.end('quit\n');
  const [line] = await Promise.race([once(simulated.stdout!, 'data'), once(simulated, 'exit')]);
  t.match(JSON.parse(String(line).split('\n')[0]!), { event: 'plugged' }, 'an installed device is simulated');

  await t.test('the commands of docs/plugin-guide.md do what it says', async (t) => {
    const packages = {
      '@audiocloud/dsp': `file:${tarballs.find((path) => path.includes('audiocloud-dsp-'))}`,
      assemblyscript: `file:${join(import.meta.dirname, '../node_modules/assemblyscript')}`,
    };
    const steps: Record<string, string> = {};
    for await (const { command, stdout } of runGuide({ folder: app, bin: join(app, 'node_modules/.bin'), packages })) {
      t.pass(command);
      steps[command.replace(/^npx audiocloud plugin /, '')] ??= stdout;
    }
    t.match(steps['dev'], /Playing acme:warm-filter: open http:.*#dev/);
    t.match(steps['check .'], /acme:warm-filter/);
    t.match(steps['create soft-keys --kind instrument --maker acme'], /acme:soft-keys/);
    t.match(steps['bench . --blocks 64,128'], /acme:warm-filter[\s\S]*128 +\d+\.\d\d/);
    t.match(steps['pack . --key key.pem'], /Packed warm-filter@0\.1\.0 \(wasm\).*signed with/);
    t.match(steps['install warm-filter-0.1.0.tgz --key key.pub.pem --data ./data'], /acme:warm-filter@0\.1\.0/);
    t.match(steps['list --data ./data'], /warm-filter@0\.1\.0 \(wasm, installed, signed with/);
    const types = readFileSync(join(app, 'warm-filter/models.d.ts'), 'utf8');
    t.match(types, /'acme:warm-filter@0\.1\.0'/);
    t.match(steps['remove warm-filter --data ./data'], /Removed warm-filter@0\.1\.0/);
  });
});
