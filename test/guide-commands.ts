import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/**
 * What tap puts into every Node that a test starts, also into those that this one starts, makes each start longer, and ends it by the
 * signal itself before it is through.
 */
const WITHOUT_TAP = 'unset NODE_OPTIONS;';
const GUIDE = new URL('../docs/plugin-guide.md', import.meta.url);

/** The commands of the plugin guide, in order: every line of every `sh` block. */
export function guideCommands(): string[] {
  const text = readFileSync(GUIDE, 'utf8');
  return [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block]) => block!.trim().split('\n'));
}

export interface GuideOptions {
  /** Begins here; `cd` moves on. */
  folder: string;
  /** Put first into PATH: where `audiocloud` is. */
  bin: string;
  /** Where packages are that are not on npm yet, or not to be fetched: by name, for package.json. */
  packages: Record<string, string>;
}

/** What a command printed, and the folder it ran in. */
export interface GuideStep {
  command: string;
  folder: string;
  stdout: string;
}

/**
 * Runs one command of the guide after the other as somebody would who types them, without a network: `npx audiocloud` is the
 * installed command, and `npm install` finds packages where the options say. `plugin dev` gets a source changed, and Ctrl+C.
 */
export async function* runGuide({ folder, bin, packages }: GuideOptions): AsyncGenerator<GuideStep> {
  const env = { ...process.env, PATH: `${bin}:${process.env['PATH']}`, AUDIOCLOUD_DEVICE: 'paced' };
  for (const command of guideCommands()) {
    const [, to] = /^cd (\S+)$/.exec(command) ?? [];
    if (to) {
      folder = join(folder, to);
      continue;
    }
    if (command === 'npm install') takeFrom(packages, folder);
    const line = command
      .replace(/^npx audiocloud /, 'audiocloud ')
      .replace(/^npm install$/, 'npm install --prefer-offline');
    const stdout = line.startsWith('audiocloud plugin dev')
      ? await dev(line, folder, env)
      : (await run('sh', ['-c', `${WITHOUT_TAP} ${line}`], { cwd: folder, env })).stdout;
    yield { command, folder, stdout };
  }
}

function takeFrom(packages: Record<string, string>, folder: string): void {
  const path = join(folder, 'package.json');
  const found = JSON.parse(readFileSync(path, 'utf8'));
  for (const name of Object.keys(found.devDependencies)) found.devDependencies[name] = packages[name];
  writeFileSync(path, JSON.stringify(found));
}

/** Until it plays; a source is broken, made to trap, mended; then it is stopped. */
async function dev(line: string, folder: string, env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn('sh', ['-c', `${WITHOUT_TAP} exec ${line}`], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const heard = new Heard(child);
  const source = join(folder, 'src/kernel.as.ts');
  const before = readFileSync(source, 'utf8');
  await heard.has('Playing ');
  writeFileSync(source, `${before}\nthis is no AssemblyScript`);
  await heard.has('PLUGIN_BUILD');
  writeFileSync(source, before.replace('let y = load<f32>(state);', '$& if (to > from) unreachable();'));
  await heard.has('INSTANCE_FAILED');
  writeFileSync(source, before.replace('f64 = 0.497', 'f64 = 0.49'));
  await heard.has('in its place after', 2);
  child.kill('SIGINT');
  const [code, signal] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${line} ended with ${code ?? signal}: ${heard.text}`);
  return heard.text;
}

/** What a process prints. */
class Heard {
  text = '';
  #changed = Promise.withResolvers<void>();

  constructor(child: ChildProcess) {
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.text += text;
      this.#tell();
    });
    child.once('exit', () => {
      this.text += '\n(it ended)';
      this.#tell();
    });
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** Resolves when words have been printed so many times. */
  async has(words: string, times = 1): Promise<void> {
    while (this.text.split(words).length <= times) {
      if (this.text.endsWith('(it ended)')) throw new Error(`waited for "${words}", heard: ${this.text}`);
      await this.#changed.promise;
    }
  }
}
