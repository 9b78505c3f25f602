import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AUDIO_HEAD_BYTES,
  AUDIO_KIND,
  AudioCloudError,
  type AudioRequest,
  check,
  decodePacket,
  EngineAnswer,
  EngineCommand,
  EngineEvent,
  ErrorBody,
  ERRORS,
  frameMessage,
  MessageReader,
  type Packet,
} from '@audiocloud/api';
import { Fault, want } from './outcome.ts';

type CommandType = EngineCommand['type'];
/** Without an id: the line gives one. */
export type Command = EngineCommand extends infer C ? (C extends EngineCommand ? Omit<C, 'id'> : never) : never;

const LOOK_MS = 5;
const gone = (why: string) => new AudioCloudError('ENGINE_UNAVAILABLE', why);

/** Where an engine listens in its folder. */
export const controlSocket = (dataDir: string) => join(dataDir, 'engine-control.sock');
export const audioSocket = (dataDir: string) => join(dataDir, 'engine-audio.sock');

async function connected(path: string): Promise<Socket> {
  const socket = createConnection(path);
  await once(socket, 'connect').catch((cause) => {
    throw gone(`Cannot connect to ${path}: ${(cause as Error).message}`);
  });
  socket.on('error', () => {}); // its close says it all
  return socket;
}

/**
 * One connection to an engine under check: sends what it is told, right or wrong, and holds every answer, event and packet
 * against the contract. [control]
 */
export class EngineLine {
  /** As they came; `validEvents` looks at them. */
  readonly events: unknown[] = [];
  /** By stream id. */
  readonly packets = new Map<number, Packet[]>();
  readonly control: Socket;
  readonly patienceMs: number;
  private readonly dataDir: string;
  private audio: Socket | undefined;
  private readonly answers = new Map<number, EngineAnswer[]>();
  private fault: unknown;
  private isClosed = false;
  private lastId = 0;

  /** Throws ENGINE_UNAVAILABLE. Nothing is said yet, not even hello. */
  static async open(dataDir: string, patienceMs: number): Promise<EngineLine> {
    return new EngineLine(await connected(controlSocket(dataDir)), dataDir, patienceMs);
  }

  private constructor(control: Socket, dataDir: string, patienceMs: number) {
    this.control = control;
    this.dataDir = dataDir;
    this.patienceMs = patienceMs;
    const reader = new MessageReader();
    control.on('close', () => {
      this.isClosed = true;
    });
    control.on('data', (chunk) =>
      this.guarded(() => {
        for (const bytes of reader.push(chunk)) this.take(JSON.parse(new TextDecoder().decode(bytes)));
      }),
    );
  }

  get hasEnded(): boolean {
    return this.isClosed;
  }

  /** The result of a command; a refusal is a fault. */
  async result(command: Command): Promise<unknown> {
    const answer = await this.ask(command);
    if (answer.type === 'refusal') throw new Fault(`'${command.type}' was refused: ${codeAndMessage(answer.error)}`);
    return answer.result;
  }

  /** The refusal of a command, right or wrong; a result is a fault, another code than one of these too. */
  async refused(command: Command | { type: string; [key: string]: unknown }, ...codes: string[]): Promise<ErrorBody> {
    const answer = await this.ask(command as Command);
    if (answer.type === 'answer') throw new Fault(`'${command.type}' was carried out`);
    return wantRefusal(answer, ...codes);
  }

  ask(command: Command): Promise<EngineAnswer> {
    const id = ++this.lastId;
    this.send(JSON.stringify({ ...command, id }));
    return this.answer(id, command.type);
  }

  /** A text as one message, whatever it is. */
  send(text: string): void {
    this.write(frameMessage(new TextEncoder().encode(text)));
  }

  write(bytes: Uint8Array): void {
    if (!this.isClosed) this.control.write(bytes);
  }

  /** The next answer with this id. */
  answer(id: number, what: string): Promise<EngineAnswer> {
    return this.until(() => this.answers.get(id)?.shift(), `an answer to ${what}`);
  }

  /** On the audio stream, which is opened when it is first used. */
  async askAudio(request: AudioRequest | string): Promise<void> {
    this.audio ??= await this.openAudio();
    const text = typeof request === 'string' ? request : JSON.stringify(request);
    this.audio.write(frameMessage(new TextEncoder().encode(text)));
  }

  /** Frames that came on a stream. */
  framesOf(stream: number): number {
    return (this.packets.get(stream) ?? []).reduce((sum, { frames }) => sum + frames, 0);
  }

  /** Waits for so many frames of a stream. */
  async heard(stream: number, frames: number): Promise<Packet[]> {
    await this.until(() => this.framesOf(stream) >= frames, `${frames} frames on stream ${stream}`);
    return this.packets.get(stream)!;
  }

  /** The first event of a type, from place `from` of all events on, that fits. */
  async event<T extends EngineEvent['type']>(
    type: T,
    fits: (event: Extract<EngineEvent, { type: T }>) => boolean = () => true,
    from = 0,
  ): Promise<Extract<EngineEvent, { type: T }>> {
    const isIt = (event: unknown) => (event as { type?: unknown } | null)?.type === type && fits(event as never);
    const found = await this.until(() => this.events.slice(from).find(isIt), `an event '${type}'`);
    return check(EngineEvent, found, `the event '${type}'`, 'MESSAGE_INVALID') as never;
  }

  /** What `find` finds; throws ENGINE_UNAVAILABLE when the engine goes, a Fault when the time is over. */
  async until<R>(find: () => R | undefined | false, what: string): Promise<R> {
    const end = performance.now() + this.patienceMs;
    for (;;) {
      if (this.fault) throw this.fault;
      const found = find();
      if (found !== undefined && found !== false) return found;
      if (this.isClosed) throw gone(`the engine ended the connection before ${what}`);
      if (performance.now() > end) throw gone(`${what} did not come within ${this.patienceMs / 1000} s`);
      await sleep(LOOK_MS);
    }
  }

  close(): void {
    this.control.destroy();
    this.audio?.destroy();
  }

  private async openAudio(): Promise<Socket> {
    const audio = await connected(audioSocket(this.dataDir));
    const reader = new MessageReader();
    audio.on('close', () => {
      this.isClosed = true;
    });
    audio.on('data', (chunk) =>
      this.guarded(() => {
        for (const bytes of reader.push(chunk)) {
          want(bytes.length > AUDIO_HEAD_BYTES, `a message of ${bytes.length} bytes on the audio stream`);
          const stream = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
          const list = this.packets.get(stream) ?? [];
          if (bytes[4] !== AUDIO_KIND.packet) continue;
          list.push(decodePacket(bytes.subarray(AUDIO_HEAD_BYTES)));
          this.packets.set(stream, list);
        }
      }),
    );
    return audio;
  }

  /** What cannot be read is thrown where something is waited for. */
  private guarded(read: () => void): void {
    try {
      read();
    } catch (thrown) {
      this.fault ??= thrown instanceof AudioCloudError || thrown instanceof Fault ? thrown : new Fault(String(thrown));
    }
  }

  private take(message: unknown): void {
    const { type } = (message ?? {}) as { type?: unknown };
    if (type !== 'answer' && type !== 'refusal') {
      this.events.push(message);
      return;
    }
    const answer = check(
      EngineAnswer,
      message,
      `the ${type} ${JSON.stringify(message).slice(0, 200)}`,
      'MESSAGE_INVALID',
    ) as EngineAnswer;
    const list = this.answers.get(answer.id) ?? [];
    list.push(answer);
    this.answers.set(answer.id, list);
  }
}

const codeAndMessage = ({ code, message }: ErrorBody) => `${code}: ${message}`;

/** The error of a refusal with one of these codes, whose retry and advice are those of the table; all else is a fault. */
export function wantRefusal(answer: EngineAnswer, ...codes: string[]): ErrorBody {
  if (answer.type === 'answer') throw new Fault('it was carried out');
  const error = check(ErrorBody, answer.error, 'the refusal', 'MESSAGE_INVALID');
  want(codes.includes(error.code), codeAndMessage(error));
  want(error.retry === ERRORS[error.code].retry, `${error.code} with retry '${error.retry}'`);
  want(error.message.length > 10, `the message says nothing: '${error.message}'`);
  return error;
}

export const COMMAND_TYPES: readonly CommandType[] = EngineCommand.anyOf.map(
  (schema) => schema.properties.type.const as CommandType,
);
