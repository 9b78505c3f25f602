import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { AudioCloudError, type Model } from '@audiocloud/api';
import { AudioCloudClient } from '@audiocloud/client';
import { describeMedia, readManifest, readWasmPackage } from '@audiocloud/engine';
import type { Domain } from '@audiocloud/domain';
import { Command, Option } from 'commander';
import { buildCommand, runBuild } from '../dev/build-plugin.ts';
import { DevSession } from '../dev/dev-session.ts';
import { DEV_TASK, type DevFile, SIGNALS, type Signal } from '../dev/dev-task.ts';
import { watchSources } from '../dev/watch-sources.ts';
import { wholeNumber } from '../flags.ts';
import { Steps } from '../steps.ts';
import { stockPluginFolder, webFolder } from '../stock-folders.ts';

interface DevFlags {
  file?: string;
  media?: string;
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
      'Builds a plugin, plays a test signal or a file through it, or an arpeggio on it, on an engine of its own, and prints the address of a page with its controls. Whenever a source changes it is built again, and the running instance is replaced: its values and its state stay, and the old sound fades into the new one. What does not build, or is refused, is told, and the old one plays on. Ctrl+C ends it.',
    )
    .argument('[path]', 'folder of the package', '.')
    .option('--file <file>', 'a sound file that is played in a loop instead of a test signal')
    .option('--media <file>', 'a sound file for its media slots')
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
    const slots = flags.media ? await fileOf(flags.media) : undefined;
    const { startDomain } = await import('@audiocloud/domain');
    domain = await startDomain({
      port: flags.port,
      // Of one person, on this machine, until it ends.
      access: 'open',
      dataDir,
      mediaDirs: [flags.file, flags.media].flatMap((file) => (file ? [dirname(resolve(file))] : [])),
      pluginDirs: [stockPluginFolder(), folder],
      webDir: webFolder(),
      logLevel: 'error',
    });
    const playing = new DevSession(new AudioCloudClient(domain.url), folder, command, flags.json ?? false);
    const url = `${domain.url}/#${DEV_TASK}`;
    await playing.play(model, source, slots);
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
