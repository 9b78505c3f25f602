import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { wavHeader } from '@audiocloud/engine';
import t from 'tap';
import { until } from '../../test/until.ts';
import { ENTRY } from '../testing/run-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'convert-long-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

/** Silence that takes no room on the disk. */
function longWav(name: string, seconds: number): string {
  const frames = seconds * 48000;
  writeFileSync(at(name), wavHeader(48000, 2, '16', frames));
  truncateSync(at(name), 128 + frames * 4);
  return at(name);
}

/** Runs the command in a process of its own; its largest resident set, in MiB. */
function memoryOf(...args: string[]): number {
  const code = `
    process.argv.splice(1, 0, ${JSON.stringify(ENTRY)});
    process.on('exit', () => console.error('MiB', process.resourceUsage().maxRSS / 1024));
    await import(${JSON.stringify(ENTRY)});`;
  const { stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', code, 'convert', ...args], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return Number(/MiB ([\d.]+)/.exec(stderr)![1]);
}

t.test('memory does not grow with the length, also with two passes', (t) => {
  const [short, long] = [longWav('short.wav', 100), longWav('long.wav', 600)];
  for (const more of [
    ['--bits', '32f'],
    ['--bits', '16', '--loudness', '-14'],
  ]) {
    const [less, most] = [short, long].map((path) => memoryOf(path, at('out.wav'), '--quiet', ...more)) as [
      number,
      number,
    ];
    // decoded, the difference is 183 MiB; the heap takes some seconds until it is as large as it becomes
    t.ok(most - less < 60, `${more.join(' ')}: ${less.toFixed(0)} MiB for 100 s, ${most.toFixed(0)} for 600 s`);
  }
  t.end();
});

t.test('a signal ends a conversion, and no half file stays', async (t) => {
  const path = longWav('endless.wav', 3 * 3600);
  const child = spawn(process.execPath, [ENTRY, 'convert', path, at('half.flac'), '--loudness', '-14'], {
    stdio: 'pipe',
  });
  let text = '';
  child.stderr.on('data', (chunk) => {
    text += chunk;
  });
  await until('a growing file', () => readdirSync(folder).some((name) => name.startsWith('half')));
  child.kill('SIGINT');
  const [code] = await once(child, 'close');
  t.equal(code, 1);
  t.match(text, /^RENDER_CANCELLED: .*cancelled after \d+ of \d+ frames/);
  t.notOk(readdirSync(folder).some((name) => name.startsWith('half')));
});
