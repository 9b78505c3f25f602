import type { Socket } from 'node:net';
import {
  asAudioCloudError,
  AudioCloudError,
  check,
  EngineCommand,
  type EngineAnswer,
  type EngineEvent,
  frameMessage,
  MessageReader,
} from '@audiocloud/api';
import { COMMANDS, type CommandScope } from './commands.ts';

/** A domain that does not read gets no more meters and heartbeats: what it missed of them is of no use later. */
const MOST_WAITING_BYTES = 4 * 1024 * 1024;
const SCHEMAS = new Map(EngineCommand.anyOf.map((schema) => [schema.properties.type.const as string, schema]));
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Each command's own schema is checked, so that a refusal speaks of that command alone. Throws MESSAGE_INVALID. */
function readCommand(message: unknown): EngineCommand {
  const type = (message as { type?: unknown } | null)?.type;
  const schema = SCHEMAS.get(String(type));
  if (!schema)
    throw new AudioCloudError(
      'MESSAGE_INVALID',
      `Cannot carry out '${String(type)}': wanted one of ${[...SCHEMAS.keys()].join(', ')}`,
    );
  return check(schema, message, `command '${type}'`, 'MESSAGE_INVALID') as EngineCommand;
}

/** One connection on the control socket. [control] */
export class ControlConnection {
  private readonly socket: Socket;
  private readonly scope: Omit<CommandScope, 'greet'>;
  private readonly reader = new MessageReader();
  private isGreeted = false;

  constructor(socket: Socket, scope: Omit<CommandScope, 'greet'>) {
    this.socket = socket;
    this.scope = scope;
    socket.on('data', (chunk) => this.receive(chunk));
    socket.on('error', () => {}); // its close says it all
  }

  /** Sends an event to a connection that said hello. */
  tell(event: EngineEvent): void {
    const isFleeting = event.type === 'meters' || event.type === 'heartbeat' || event.type === 'counters';
    if (!this.isGreeted || (isFleeting && this.socket.writableLength > MOST_WAITING_BYTES)) return;
    this.send(event);
  }

  private receive(chunk: Uint8Array): void {
    try {
      for (const message of this.reader.push(chunk)) void this.answer(message);
    } catch (thrown) {
      // the framing is lost: nothing that follows can be read
      this.refuse(0, thrown);
      this.socket.end();
    }
  }

  private async answer(bytes: Uint8Array): Promise<void> {
    let id = 0;
    try {
      const message = parse(bytes);
      id = idOf(message);
      const command = readCommand(message);
      this.scope.lease.renew();
      const handle = COMMANDS[command.type] as (scope: CommandScope, command: EngineCommand) => unknown;
      const greet = (): void => {
        this.isGreeted = true;
      };
      const result = await handle({ ...this.scope, greet }, command);
      this.send({ type: 'answer', id, result: result ?? null });
    } catch (thrown) {
      this.refuse(id, thrown);
    }
  }

  private refuse(id: number, thrown: unknown): void {
    this.send({ type: 'refusal', id, error: asAudioCloudError(thrown).toJSON() });
  }

  private send(message: EngineAnswer | EngineEvent): void {
    const { socket } = this;
    if (!socket.writable) return;
    // what is said in one turn (the levels of all tasks) goes to the system by one call
    if (socket.writableCorked === 0) {
      socket.cork();
      process.nextTick(() => socket.uncork());
    }
    socket.write(frameMessage(encoder.encode(JSON.stringify(message))));
  }
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch (cause) {
    throw new AudioCloudError('MESSAGE_INVALID', `Cannot read a message: ${(cause as Error).message}`);
  }
}

/** 0 for a message without an id of its own: its refusal has to carry one. */
function idOf(message: unknown): number {
  const id = (message as { id?: unknown } | null)?.id;
  return Number.isInteger(id) ? (id as number) : 0;
}
