import { join } from 'node:path';
import {
  AUDIO_HEAD_BYTES,
  AUDIO_KIND,
  AudioCloudError,
  type AudioNotice,
  type AudioRequest,
  type EngineAnswer,
  type EngineCommand,
  type EngineEvent,
  type EngineFacts,
  type FixedOutcomes,
  ENGINE_PROTOCOL,
  type MediaFacts,
  requireSocketPath,
  type TaskState,
  type TransportState,
} from '@audiocloud/api';
import { type Clock, systemClock } from '../clock/clock.ts';
import { connectMessages, type MessageSocket } from './message-socket.ts';
import { PendingCommands } from './pending-commands.ts';

/**
 * Loading compiles plugins and may decode hours of media first. Nobody waits so long for an engine that hangs: it answers to a
 * lease in DEFAULT_TIMEOUT_MS or its connection is cut (engine-step.ts), and with that all commands are settled.
 */
const LOAD_MS = 15 * 60_000;
/** A ramp may take half a minute; what is not named only has to be noticed. */
const TIMEOUTS_MS: { [type: string]: number } = {
  load: LOAD_MS,
  check: LOAD_MS,
  edit: LOAD_MS,
  rescan: 60_000,
  'set-fixed': 60_000,
};
const DEFAULT_TIMEOUT_MS = 5_000;
/** An answer that takes longer is not waited for. [any] */
export const commandTimeoutMs = (type: string): number => TIMEOUTS_MS[type] ?? DEFAULT_TIMEOUT_MS;

/** Pushed sound beyond this is left out: an engine that takes no more would be late by seconds. */
const MOST_PUSHED_BYTES = 1024 * 1024;

interface Answers {
  hello: EngineFacts;
  rescan: EngineFacts;
  load: TaskState;
  check: TaskState;
  edit: TaskState;
  state: TaskState;
  save: Record<string, string>;
  transport: TransportState;
  set: { frame: number | null; positionFrame: number | null };
  midi: { frame: number | null };
  'set-fixed': FixedOutcomes;
  inspect: MediaFacts;
}
type CommandType = EngineCommand['type'];
type Body<T extends CommandType> = Omit<Extract<EngineCommand, { type: T }>, 'type' | 'id'>;
export type AnswerOf<T extends CommandType> = T extends keyof Answers ? Answers[T] : unknown;

export interface EngineClientEvents {
  event(event: EngineEvent): void;
  /** A packet of a stream; the bytes may be kept. */
  packet(stream: number, packet: Uint8Array): void;
  /** What the engine says of a stream, between its packets. */
  notice(stream: number, notice: AudioNotice): void;
  /** Once: one of the two sockets is gone, every command was settled. */
  closed(why: string): void;
}

/** One connection to an engine: both sockets, and what the engine said of itself. [control] */
export interface EngineClient {
  readonly facts: EngineFacts;
  /** Throws what the engine refuses with, ENGINE_UNAVAILABLE when it does not answer. */
  command<T extends CommandType>(type: T, body: Body<T>, timeoutMs?: number): Promise<AnswerOf<T>>;
  audio(request: AudioRequest): void;
  /** Sends a packet of a stream that is pushed; false when so much waits that it was left out. */
  push(stream: number, packet: Uint8Array): boolean;
  close(): void;
}

const toBytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const fromBytes = (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes));

/** Where an engine listens in its data folder. Throws CONFIG_INVALID when that lies too deep. */
export function engineSockets(dataDir: string) {
  return {
    control: requireSocketPath(join(dataDir, 'engine-control.sock')),
    audio: requireSocketPath(join(dataDir, 'engine-audio.sock')),
  };
}

/**
 * Connects both sockets and greets. Rejects with ENGINE_UNAVAILABLE, CLIENT_VERSION for another protocol, CONFIG_INVALID for a folder
 * that lies too deep.
 */
export async function connectEngine(
  dataDir: string,
  events: EngineClientEvents,
  clock: Clock = systemClock,
): Promise<EngineClient> {
  const paths = engineSockets(dataDir);
  const pending = new PendingCommands(clock);
  const sockets: MessageSocket[] = [];
  let isClosed = false;
  let isHandedOver = false;

  const end = (why: string) => {
    if (isClosed) return;
    isClosed = true;
    for (const socket of sockets) socket.close();
    pending.loseAll(why);
    // Before that the rejection of this function says it.
    if (isHandedOver) events.closed(why);
  };

  /** What an engine says that cannot be read ends the connection: its state is no longer known. */
  const receive = (payload: Uint8Array) => {
    const message = fromBytes(payload) as EngineAnswer | EngineEvent;
    if (message.type === 'answer') pending.answer(message.id, message.result);
    else if (message.type === 'refusal') pending.refuse(message.id, AudioCloudError.from(message.error));
    else events.event(message);
  };

  const control = await connectMessages(paths.control, {
    message: receive,
    closed: (e) => end(e?.message ?? 'it ended'),
  });
  sockets.push(control);
  const audio = await connectMessages(paths.audio, {
    message: (payload) => {
      if (payload.length <= AUDIO_HEAD_BYTES) return;
      const stream = new DataView(payload.buffer, payload.byteOffset, 4).getUint32(0, true);
      const body = payload.subarray(AUDIO_HEAD_BYTES);
      if (payload[4] === AUDIO_KIND.packet) events.packet(stream, body);
      else if (payload[4] === AUDIO_KIND.notice) events.notice(stream, fromBytes(body) as AudioNotice);
    },
    closed: (e) => end(e?.message ?? 'its audio socket ended'),
  }).catch((error) => {
    end((error as Error).message);
    throw error;
  });
  sockets.push(audio);

  const command: EngineClient['command'] = (type, body, timeoutMs = commandTimeoutMs(type)) => {
    if (isClosed)
      return Promise.reject(new AudioCloudError('ENGINE_UNAVAILABLE', `Cannot ${type}: the engine is away`));
    return pending.add(type, timeoutMs, (id) => control.send(toBytes({ type, id, ...body }))) as never;
  };

  const facts = await command('hello', { protocol: ENGINE_PROTOCOL }).catch((error) => {
    end((error as Error).message);
    throw error;
  });
  if (facts.protocol !== ENGINE_PROTOCOL) {
    end('another protocol');
    throw new AudioCloudError(
      'CLIENT_VERSION',
      `Cannot use engine ${facts.engine} ${facts.version}: it speaks protocol ${facts.protocol}, wanted ${ENGINE_PROTOCOL}`,
    );
  }
  if (isClosed) throw new AudioCloudError('ENGINE_UNAVAILABLE', 'The engine went away while it was greeted');
  isHandedOver = true;
  return {
    facts,
    command,
    audio: (request) => {
      if (!isClosed) audio.send(toBytes(request));
    },
    push: (stream, packet) => {
      if (isClosed || audio.waitingBytes > MOST_PUSHED_BYTES) return false;
      const message = new Uint8Array(AUDIO_HEAD_BYTES + packet.length);
      new DataView(message.buffer).setUint32(0, stream, true);
      message.set(packet, AUDIO_HEAD_BYTES);
      audio.send(message);
      return true;
    },
    close: () => end('closed'),
  };
}
