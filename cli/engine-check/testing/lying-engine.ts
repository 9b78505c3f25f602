import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AUDIO_HEAD_BYTES,
  AUDIO_KIND,
  decodePacket,
  encodePacket,
  frameMessage,
  MessageReader,
  type Packet,
} from '@audiocloud/api';
import { audioSocket, controlSocket } from '../engine-line.ts';
import { readWav, writeWav } from '../wav-file.ts';

// biome-ignore lint/suspicious/noExplicitAny: a lie looks into whatever comes by
type Message = any;

/** What an engine does wrong. Messages that a function gives back take the place of what it was given; undefined: nothing. */
export interface Lie {
  /** Bytes of the control stream, as the engine gets them. */
  chunk?: (chunk: Buffer) => Buffer | undefined;
  command?: (command: Message) => Message | undefined;
  answer?: (answer: Message, command: Message) => Message | Promise<Message>;
  event?: (event: Message) => Message | undefined;
  /** Requests of the audio stream; undefined is one that cannot be read. 'end' ends the connection. */
  request?: (request: Message | undefined) => Message | 'end' | undefined;
  packet?: (packet: Packet) => Packet | undefined;
  /** Samples of a rendered file, to be changed in place. */
  file?: (channels: Float32Array[]) => void;
  /** It takes every connection for one that said hello. */
  greets?: boolean;
  /** What the check waits for in vain, in its words: a longer wait would find nothing else. */
  withholds?: RegExp;
}

const encode = (message: Message) => frameMessage(new TextEncoder().encode(JSON.stringify(message)));
const decode = (bytes: Uint8Array): Message | undefined => {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
};
const HIDDEN_HELLO = 999_999;

/** An engine that is right, seen through someone who lies about one thing. */
export class LyingEngine {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'lying-'));
  private readonly servers: Server[] = [];
  private readonly sockets = new Set<Socket>();
  private readonly right: string;
  private readonly lie: Lie;

  /** right: the folder of the engine that is right. */
  static async start(right: string, lie: Lie): Promise<LyingEngine> {
    const engine = new LyingEngine(right, lie);
    await engine.listen(audioSocket, (client, server) => engine.audio(client, server));
    await engine.listen(controlSocket, (client, server) => engine.control(client, server));
    return engine;
  }

  private constructor(right: string, lie: Lie) {
    this.right = right;
    this.lie = lie;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await Promise.all(this.servers.map((server) => new Promise((resolve) => server.close(resolve))));
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  private async listen(path: (dir: string) => string, pipe: (client: Socket, server: Socket) => void): Promise<void> {
    const server = createServer((client) => {
      const right = createConnection(path(this.right));
      for (const [socket, other] of [
        [client, right],
        [right, client],
      ] as const) {
        this.sockets.add(socket);
        socket.on('error', () => {});
        socket.on('end', () => other.end());
        socket.on('close', () => other.destroy());
      }
      pipe(client, right);
    });
    this.servers.push(server);
    await new Promise<void>((resolve) => server.listen(path(this.dataDir), resolve));
  }

  private control(client: Socket, server: Socket): void {
    const { chunk = (c) => c, command = (c) => c, answer = (a) => a, event = (e) => e, greets } = this.lie;
    const asked = new Map<number, Message>();
    const commands = new MessageReader();
    const answers = new MessageReader();
    if (greets) server.write(encode({ type: 'hello', id: HIDDEN_HELLO, protocol: 1 }));
    client.on('data', (data: Buffer) => {
      const bytes = chunk(data);
      if (!bytes) return;
      try {
        for (const message of commands.push(bytes)) {
          const read = decode(message);
          if (read === undefined || read === null || typeof read !== 'object') server.write(frameMessage(message));
          else {
            asked.set(read.id, read);
            const passed = command(structuredClone(read));
            if (passed !== undefined) server.write(encode(passed));
          }
        }
      } catch {
        server.write(bytes); // the right engine says what is wrong with it
      }
    });
    server.on('data', async (data: Buffer) => {
      for (const message of answers.push(data)) {
        const read = decode(message);
        if (read.id === HIDDEN_HELLO && asked.get(HIDDEN_HELLO) === undefined) continue;
        const isAnswer = read.type === 'answer' || read.type === 'refusal';
        const of = asked.get(read.id);
        if (read.type === 'answer' && of?.type === 'render') this.spoil(of.path);
        const told = isAnswer ? await answer(read, of) : event(read);
        if (told !== undefined) client.write(encode(told));
      }
    });
  }

  private audio(client: Socket, server: Socket): void {
    const { request = (r) => r, packet = (p) => p } = this.lie;
    const requests = new MessageReader();
    const packets = new MessageReader();
    client.on('data', (data: Buffer) => {
      for (const message of requests.push(data)) {
        const read = decode(message);
        const passed = request(read);
        if (passed === 'end') client.destroy();
        else if (passed !== undefined) server.write(encode(passed));
        else if (read === undefined) server.write(frameMessage(message));
      }
    });
    server.on('data', (data: Buffer) => {
      for (const message of packets.push(data)) {
        if (message[4] !== AUDIO_KIND.packet) {
          client.write(frameMessage(message));
          continue;
        }
        const passed = packet(decodePacket(message.subarray(AUDIO_HEAD_BYTES)));
        if (!passed) continue;
        client.write(frameMessage(Buffer.concat([message.subarray(0, AUDIO_HEAD_BYTES), encodePacket(passed)])));
      }
    });
  }

  private spoil(path: string): void {
    if (!this.lie.file) return;
    const { channels, sampleRate } = readWav(path);
    const changed = channels.map((plane) => Float32Array.from(plane));
    this.lie.file(changed);
    writeWav(path, sampleRate, changed);
  }
}

/** What the engine rendered is left beside the file too. */
export const leaveBeside = (path: string): void => writeFileSync(`${path}.part`, 'half');
