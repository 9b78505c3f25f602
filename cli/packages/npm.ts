import { spawn } from 'node:child_process';
import { AudioCloudError } from '@audiocloud/api';

/**
 * Runs npm to its end and returns what it printed. No script of any package runs. [control]
 *
 * action: how the message begins, e.g. `install acme-warm`. Throws PLUGIN_INSTALL with npm's own words.
 */
export function npm(action: string, args: readonly string[], cwd: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const fail = (why: string): void =>
    reject(new AudioCloudError('PLUGIN_INSTALL', `Cannot ${action}: ${why}`, { command: ['npm', ...args].join(' ') }));
  const child = spawn('npm', [...args, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    // what npm was told by a script that runs us is not meant for this one
    env: Object.fromEntries(
      Object.entries(process.env).filter(
        ([name]) => !/^npm_(config|package)_/i.test(name) || /registry|cache|offline/i.test(name),
      ),
    ),
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.once('error', (error) => fail(`npm does not start: ${error.message}`));
  child.once('close', (code) => {
    if (code === 0) resolve(stdout);
    else fail(`npm says: ${firstLines(stderr) || `it ended with ${code}`}`);
  });
  return promise;
}

const firstLines = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.replace(/^npm (error|ERR!) ?/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('A complete log'))
    .slice(0, 4)
    .join('; ');
