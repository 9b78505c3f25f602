import { execFile, fork, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rename, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { JackServer } from './jack-server.ts';

const ROOT = join(import.meta.dirname, '..');

const missing = (command: string, ...args: string[]) => spawnSync(command, args).error !== undefined;

/** Why there is no MIDI with real bytes on this machine, or false. */
export const noJackMidi = missing('jackd', '--version')
  ? 'jackd is not installed'
  : missing('g++', '--version') || missing('make', '--version')
    ? 'there is no compiler for the MIDI binding'
    : spawnSync('g++', ['-E', '-include', 'jack/jack.h', '-x', 'c++', '/dev/null']).status !== 0
      ? 'libjack-jackd2-dev is not installed'
      : false;

/** A control change or another message, as easymidi tells it. */
export type MidiMessage = { _type: string; channel?: number; controller?: number; value?: number };

/** How long is waited for a message before it counts as lost. */
const NEXT_MESSAGE_MS = 3000;

/** A virtual MIDI device with both directions under one name. */
export interface MidiDevice {
  /** The next message that it received; waits for it, up to 3 s: undefined when there was none. */
  next(): Promise<MidiMessage | undefined>;
  send(type: string, message: object): void;
  unplug(): Promise<void>;
}

/** MIDI through a JACK server of the test's own, and a copy of the adapter that speaks to it. */
export interface JackMidi {
  /** The copied adapter package. */
  adapterFolder: string;
  plugIn(name: string): MidiDevice;
  end(): Promise<void>;
}

/**
 * The folder with the binding for JACK, which takes ten seconds to compile: it is built once, and again when what it is made of
 * changes.
 */
async function builtBinding(): Promise<string> {
  const script = join(ROOT, 'test/midi-jack.sh');
  const madeOf = createHash('sha256').update(process.version);
  const packages = ['@julusian/midi', 'easymidi'].map((name) => join(ROOT, 'node_modules', name, 'package.json'));
  for (const path of [script, ...packages]) madeOf.update(await readFile(path));
  const folder = join(ROOT, 'build/midi-jack', madeOf.digest('hex').slice(0, 16));
  if (existsSync(folder)) return folder;
  const part = `${folder}.${process.pid}`;
  await mkdir(part, { recursive: true });
  await promisify(execFile)('bash', [script, part]);
  try {
    await rename(part, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
    await rm(part, { recursive: true }); // another process was first
  }
  return folder;
}

/** Starts the server, and puts the binding and a copy of the MIDI adapter into a temporary folder. */
export async function jackMidi(): Promise<JackMidi> {
  const folder = await mkdtemp(join(tmpdir(), 'audiocloud-midi-'));
  await cp(join(await builtBinding(), 'node_modules'), join(folder, 'node_modules'), { recursive: true });
  const adapterFolder = join(folder, 'adapter');
  await cp(join(ROOT, 'plugins/adapters/midi'), adapterFolder, {
    recursive: true,
    filter: (path) => !path.includes('node_modules'),
  });
  await mkdir(join(folder, 'node_modules/@audiocloud'), { recursive: true });
  await symlink(join(ROOT, 'api'), join(folder, 'node_modules/@audiocloud/api'));
  const server = await JackServer.start({ name: 'audiocloud-midi-test', periodFrames: 256 });
  Object.assign(process.env, server.environment);
  return {
    adapterFolder,
    plugIn: (name) => plugIn(folder, name),
    async end() {
      await server.stop();
      await rm(folder, { recursive: true });
    },
  };
}

function plugIn(folder: string, name: string): MidiDevice {
  const device = fork(join(import.meta.dirname, 'midi-device.ts'), [folder, name], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const ended = once(device, 'exit');
  const messages: MidiMessage[] = [];
  let arrived = Promise.withResolvers<void>();
  device.on('message', (message) => {
    messages.push(message as MidiMessage);
    arrived.resolve();
    arrived = Promise.withResolvers();
  });
  return {
    async next() {
      if (!messages.length) await Promise.race([arrived.promise, sleep(NEXT_MESSAGE_MS, undefined, { ref: false })]);
      return messages.shift();
    },
    send: (type, message) => void device.send({ type, message }),
    async unplug() {
      device.kill();
      await ended;
    },
  };
}
