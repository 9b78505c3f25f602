import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { asAudioCloudError, AudioCloudError, type ErrorBody, type Model } from '@audiocloud/api';
import { AudioCloudClient, type LiveTask } from '@audiocloud/client';
import { describeMedia, readManifest, readWasmPackage } from '@audiocloud/engine';
import type { Domain } from '@audiocloud/domain';
import { Command, Option } from 'commander';
import { buildCommand, runBuild } from '../dev/build-plugin.ts';
import { DEV_INSTANCE, DEV_TASK, type DevFile, devTask, SIGNALS, type Signal } from '../dev/dev-task.ts';
import { watchSources } from '../dev/watch-sources.ts';
import { wholeNumber } from '../flags.ts';
import { Steps } from '../steps.ts';
import { stockPluginFolder, webFolder } from '../stock-folders.ts';

interface DevFlags {
  file?: string;
  signal: Signal;
  model?: string;
  build?: string;
  port: number;
  json?: boolean;
}

/** `audiocloud plugin dev`: hear a plugin while it is changed. */
export function pluginDevCommand(): Command {
  return new Command('dev')
    .summary('plays a plugin, and replaces it as its sources change')
    .description(
      'Builds a plugin, plays a test signal or a file through it on an engine of its own, and prints the address of a page with its controls. Whenever a source changes it is built again, and the running instance is replaced: its values and its state stay, and the old sound fades into the new one. What does not build, or is refused, is told, and the old one plays on. Ctrl+C ends it.',
    )
    .argument('[path]', 'folder of the package', '.')
    .option('--file <file>', 'a sound file that is played in a loop instead of a test signal')
    .addOption(new Option('--signal <name>', 'the test signal').choices(SIGNALS).default('saw'))
    .option('--model <id>', 'which model to play; default: the first one')
    .option('--build <command>', 'builds the module; default: npm run build, where package.json has it')
    .option('--port <n>', 'port of the page; 0 takes any free one', wholeNumber(0, 65535), 0)
    .option('--json', 'print lines of JSON: { event: playing | replaced | refused | failed, ... }')
    .addHelpText(
      'after',
      '\nWithout a sound card the page plays the sound: press its listen button.\n\nExample:\n  audiocloud plugin dev ./warm-filter --file drums.wav',
    )
    .action(dev);
}

async function dev(path: string, flags: DevFlags): Promise<void> {
  const folder = resolve(path);
  const command = flags.build ?? buildCommand(folder);
  const stopped = Promise.withResolvers<void>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.resolve());
  const manifest = readManifest(folder);
  let session: DevSession | undefined;
  let early: string | undefined; // changed before it played
  const unwatch = watchSources(folder, manifest.kind === 'wasm' ? manifest.module : '', (changed) => {
    if (session) session.renew(changed);
    else early = changed;
  });
  const dataDir = mkdtempSync(join(tmpdir(), 'audiocloud-dev-'));
  let domain: Domain | undefined;
  const steps = new Steps(flags.json);
  try {
    if (command) {
      steps.say(`building: ${command}`);
      await runBuild(command, folder);
    }
    steps.say('starting an engine');
    const model = modelOf(folder, flags.model);
    const source = flags.file ? await fileOf(flags.file) : flags.signal;
    const { startDomain } = await import('@audiocloud/domain');
    domain = await startDomain({
      port: flags.port,
      dataDir,
      mediaDirs: flags.file ? [dirname(resolve(flags.file))] : [],
      pluginDirs: [stockPluginFolder(), folder],
      webDir: webFolder(),
      logLevel: 'error',
    });
    const playing = new DevSession(new AudioCloudClient(domain.url), folder, command, flags.json ?? false);
    const url = `${domain.url}/#${DEV_TASK}`;
    await playing.play(model, source);
    session = playing;
    steps.end();
    session.tell('playing', `Playing ${model.id}: open ${url}`, { url, model: model.id });
    if (early !== undefined) session.renew(early);
    await stopped.promise;
  } finally {
    steps.end();
    unwatch();
    await session?.end();
    await domain?.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** What happens to the task of one `dev`. Changes while one is under way become one more. */
class DevSession {
  readonly #client: AudioCloudClient;
  readonly #folder: string;
  readonly #command: string | undefined;
  readonly #isJson: boolean;
  #running: Promise<void> | undefined;
  #again: string | undefined;
  #live: LiveTask | undefined;
  /** The fault that was told last. */
  #told = '';

  constructor(client: AudioCloudClient, folder: string, command: string | undefined, isJson: boolean) {
    this.#client = client;
    this.#folder = folder;
    this.#command = command;
    this.#isJson = isJson;
  }

  async play(model: Model, source: Signal | DevFile): Promise<void> {
    const { refused } = await this.#client.rescanPlugins();
    if (refused[0]) throw AudioCloudError.from(refused[0]);
    await this.#client.tasks.create(devTask(model, source), DEV_TASK);
    await this.#client.tasks.transport(DEV_TASK, { play: true });
    this.#live = this.#client.live(DEV_TASK, { onEvent: () => this.#lookAtFaults() });
    await this.#live.ready;
  }

  renew(changed: string): void {
    if (this.#running) {
      this.#again = changed;
      return;
    }
    this.#running = this.#renew(changed).finally(() => {
      this.#running = undefined;
      const again = this.#again;
      this.#again = undefined;
      if (again !== undefined) this.renew(again);
    });
  }

  async end(): Promise<void> {
    this.#again = undefined;
    await this.#running;
    this.#live?.close();
  }

  /** Says when the plugin traps, runs out of fuel or writes where it must not: each time that it is muted. */
  #lookAtFaults(): void {
    const { state, error, faults } = this.#live!.state.instances[DEV_INSTANCE] ?? {};
    const text = error && state !== 'running' ? `${error.code}: ${error.message}` : '';
    if (text !== '' && text !== this.#told) this.tell('failed', text, { error, faults });
    this.#told = text;
  }

  tell(event: string, text: string, details: object = {}): void {
    console.log(this.#isJson ? JSON.stringify({ event, ...details }) : text);
  }

  async #renew(changed: string): Promise<void> {
    const began = performance.now();
    try {
      if (this.#command) await runBuild(this.#command, this.#folder);
      const buildMs = Math.round(performance.now() - began);
      const refused = await this.#scan();
      if (refused.length > 0) {
        for (const error of refused) this.#refuse(error);
        return;
      }
      const swapMs = Math.round(performance.now() - began) - buildMs;
      const { hash } = readWasmPackage(this.#folder);
      this.tell('replaced', `${changed}: built in ${buildMs} ms, in its place after ${swapMs} ms`, {
        changed,
        buildMs,
        swapMs,
        hash,
      });
    } catch (thrown) {
      this.#refuse(asAudioCloudError(thrown).toJSON());
    }
  }

  /** Has the engine take the new module. A value that the new model does not have is let go. */
  async #scan(): Promise<ErrorBody[]> {
    for (;;) {
      const { refused } = await this.#client.rescanPlugins();
      const lost = refused.find(({ code, details }) => /^PARAMETER_/.test(code) && details?.['task'] === DEV_TASK);
      if (!lost || !(await this.#forget(lost.details?.['parameter']))) return refused;
    }
  }

  /** False when it is not set. */
  async #forget(parameter: unknown): Promise<boolean> {
    const { task } = await this.#client.tasks.get(DEV_TASK);
    const instance = task.instances![DEV_INSTANCE]!;
    if (typeof parameter !== 'string' || !Object.hasOwn(instance.parameters ?? {}, parameter)) return false;
    const { [parameter]: _, ...parameters } = instance.parameters!;
    const value = { ...instance, parameters };
    await this.#client.tasks.edit(DEV_TASK, [{ op: 'put', part: 'instances', name: DEV_INSTANCE, value }]);
    return true;
  }

  #refuse(error: ErrorBody): void {
    this.tell('refused', `${error.code}: ${error.message}\nThe one before plays on.`, { error });
  }
}

function modelOf(folder: string, id: string | undefined): Model {
  const { models } = readWasmPackage(folder);
  const model = id === undefined ? models[0] : models.find((one) => one.id === id);
  if (model) return model;
  throw new AudioCloudError(
    'MODEL_UNKNOWN',
    `Cannot play ${id}: ${folder} offers ${models.map((one) => one.id).join(', ')}`,
  );
}

async function fileOf(path: string): Promise<DevFile> {
  const { channels, frames, sampleRate } = await describeMedia(path);
  return { path: basename(path), channels, seconds: frames / sampleRate };
}
