import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  asAudioCloudError,
  AudioCloudError,
  check,
  ENGINE_PROTOCOL,
  type EngineAnswer,
  EngineCommand,
  type EngineEvent,
  type EngineFacts,
  frameMessage,
  MessageReader,
} from '@audiocloud/api';
import { MODELS } from './models.ts';
import { render } from './render.ts';
import { unable } from './unable.ts';

/* node engine.ts --data FOLDER: an engine with the ability `offline` on the control socket in that folder. */

const { values } = parseArgs({ options: { data: { type: 'string' } } });
const dataDir = values.data ?? 'data';
const SOCKETS = ['engine-control.sock', 'engine-audio.sock'].map((name) => join(dataDir, name));
const SCHEMAS = new Map(EngineCommand.anyOf.map((schema) => [schema.properties.type.const as string, schema]));

const greeted = new Set<Socket>();
const jobs = new Map<string, { cancel: AbortController; ended: Promise<unknown> }>();
let leaseSeconds = 30;
let lease = setTimeout(end, leaseSeconds * 1000);

function renew(): void {
  clearTimeout(lease);
  lease = setTimeout(end, leaseSeconds * 1000);
}

async function end(): Promise<void> {
  clearTimeout(lease);
  for (const { cancel } of jobs.values()) cancel.abort();
  await Promise.all([...jobs.values()].map(({ ended }) => ended));
  for (const path of SOCKETS) rmSync(path, { force: true });
  process.exit(0);
}

const facts = (): EngineFacts => ({
  engine: 'audiocloud-example-ffmpeg',
  version: '0.1.0',
  protocol: ENGINE_PROTOCOL,
  abilities: ['offline'],
  pid: process.pid,
  node: process.version,
  scheduling: 'none',
  threads: [],
  device: { id: 'none', kind: 'offline', sampleRate: 48000, blockFrames: 1024, outputChannels: 0, state: 'none' },
  models: [...MODELS.values()].map(({ model }) => model),
  fixed: [],
  tasks: [],
  refused: [],
});

function send(socket: Socket, message: EngineAnswer | EngineEvent): void {
  if (socket.writable) socket.write(frameMessage(new TextEncoder().encode(JSON.stringify(message))));
}

function startRender(command: Extract<EngineCommand, { type: 'render' }>): Promise<unknown> {
  const { job } = command;
  if (jobs.has(job))
    throw new AudioCloudError('REQUEST_INVALID', `Cannot render '${job}': one of that id is under way`);
  const cancel = new AbortController();
  const made = render(command, cancel.signal, (frames, ofFrames) => {
    for (const socket of greeted) send(socket, { type: 'progress', job, frames, ofFrames });
  }).finally(() => jobs.delete(job));
  jobs.set(job, { cancel, ended: made.catch(() => {}) });
  return made;
}

/** What it does for a command; what it returns, or resolves with, is the answer. */
async function carryOut(command: EngineCommand, socket: Socket): Promise<unknown> {
  switch (command.type) {
    case 'hello':
      if (command.protocol !== ENGINE_PROTOCOL)
        throw new AudioCloudError(
          'CLIENT_VERSION',
          `Cannot talk protocol ${command.protocol}: wanted ${ENGINE_PROTOCOL}`,
        );
      greeted.add(socket);
      return facts();
    case 'rescan':
      return facts();
    case 'lease':
      leaseSeconds = command.seconds;
      renew();
      return null;
    case 'render':
      return startRender(command);
    case 'cancel':
      jobs.get(command.job)?.cancel.abort();
      return jobs.get(command.job)?.ended.then(() => null);
    case 'set-fixed':
      throw new AudioCloudError(
        'FIXED_INSTANCE_UNKNOWN',
        `Cannot find the fixed instance ${command.instance}: there is none`,
      );
    case 'shutdown':
      setImmediate(end);
      return null;
    default:
      throw unable(`carry out '${command.type}'`);
  }
}

async function answer(bytes: Uint8Array, socket: Socket): Promise<void> {
  let id = 0;
  try {
    const message = parse(bytes);
    if (Number.isInteger(message?.id)) id = message!.id as number;
    const schema = SCHEMAS.get(String(message?.type));
    if (!schema) throw new AudioCloudError('MESSAGE_INVALID', `Cannot carry out '${message?.type}': no such command`);
    const command = check(schema, message, `command '${message!.type}'`, 'MESSAGE_INVALID') as EngineCommand;
    renew();
    send(socket, { type: 'answer', id, result: (await carryOut(command, socket)) ?? null });
  } catch (thrown) {
    send(socket, { type: 'refusal', id, error: asAudioCloudError(thrown).toJSON() });
  }
}

function parse(bytes: Uint8Array): { id?: unknown; type?: unknown } | null {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new AudioCloudError('MESSAGE_INVALID', `Cannot read a message: ${(cause as Error).message}`);
  }
}

for (const path of SOCKETS) rmSync(path, { force: true });
process.umask(0o177);
// a domain connects to both; nothing is heard on the second
createServer((socket) => socket.on('error', () => {}).resume()).listen(SOCKETS[1]);
createServer((socket) => {
  const reader = new MessageReader();
  socket.on('error', () => {});
  socket.on('close', () => greeted.delete(socket));
  socket.on('data', (chunk) => {
    try {
      for (const message of reader.push(chunk)) void answer(message, socket);
    } catch (thrown) {
      send(socket, { type: 'refusal', id: 0, error: asAudioCloudError(thrown).toJSON() });
      socket.end();
    }
  });
}).listen(SOCKETS[0]);
process.on('SIGTERM', end);
process.on('SIGINT', end);
