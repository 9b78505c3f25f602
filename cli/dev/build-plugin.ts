import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AudioCloudError } from '@audiocloud/api';

/** How a package is built: its `build` script, or undefined when there is none. */
export function buildCommand(folder: string): string | undefined {
  const path = join(folder, 'package.json');
  if (!existsSync(path)) return undefined;
  const { scripts } = JSON.parse(readFileSync(path, 'utf8')) as { scripts?: Record<string, string> };
  return scripts?.['build'] === undefined ? undefined : 'npm run --silent build';
}

/** Runs a build command in a folder. [control] Throws PLUGIN_BUILD with what the compiler said. */
export function runBuild(command: string, folder: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const child = spawn('sh', ['-c', command], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  const fail = (why: string): void =>
    reject(new AudioCloudError('PLUGIN_BUILD', `Cannot build ${folder}: ${why}`, { command, said }));
  child.once('error', (error) => fail(error.message));
  child.once('close', (code) => {
    if (code === 0) resolve();
    else fail(`\`${command}\` ended with ${code}${said.trim() ? `:\n${said.trim()}` : ''}`);
  });
  return promise;
}
