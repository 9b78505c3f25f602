import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buildWasm } from './build-wasm.ts';
import { buildWeb } from './build-web.ts';

/*
 * npm test [-- FILE...]: builds what is missing, runs the tests with tap, and prints `N passed, N failed`.
 *
 * A skipped test says why. In CI it counts as failed, unless docs/testing.md gives that reason.
 */
process.chdir(fileURLToPath(new URL('..', import.meta.url)));
await buildWasm({ ifMissing: true });
await buildWeb({ ifMissing: true });

function tap(args: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn('tap', args, { stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

// tap writes a test class of its own once after every install.
const BUILT = 'node_modules/@tapjs/test/test-built/dist/esm/index.js';
const isBuiltForUs = existsSync(BUILT) && !readFileSync(BUILT, 'utf8').includes('@tapjs/typescript');
if (!isBuiltForUs && (await tap(['build'])) !== 0) process.exit(1);

mkdirSync('.tap', { recursive: true });
const results = '.tap/results.tap';
rmSync(results, { force: true }); // a run that ends early must not show the counts of the one before
const code = await tap([
  '--reporter=terse',
  `--output-file=${results}`,
  '--disable-coverage',
  '--allow-incomplete-coverage',
  ...process.argv.slice(2),
]);
const text = existsSync(results) ? readFileSync(results, 'utf8') : '';
const count = (name: string) => Number(text.match(new RegExp(`^# \\{.*\\b${name}: (\\d+)`, 'm'))?.[1] ?? 0);

const allowed = existsSync('docs/testing.md') ? readFileSync('docs/testing.md', 'utf8') : '';
const skips = [...text.matchAll(/^\s*ok \d+(?: - )?(.*?) # SKIP ?(.*)$/gm)].map(([, name, reason]) => ({
  name,
  reason: reason?.trim() ?? '',
}));
const unexplained = process.env['CI'] ? skips.filter(({ reason }) => reason === '' || !allowed.includes(reason)) : [];
for (const { name, reason } of skips) console.log(`skipped: ${name}: ${reason || 'no reason given'}`);
const failed = count('fail') + unexplained.length + (code !== 0 && count('fail') === 0 ? 1 : 0);
// tap's reporter leaves the cursor in a line of its own
console.log(`\n${count('pass')} passed, ${failed} failed`);
process.exitCode = failed > 0 || code !== 0 ? 1 : 0;
