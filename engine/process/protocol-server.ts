import type { Server, Socket } from 'node:net';
import { join } from 'node:path';
import type { EngineEvent } from '@audiocloud/api';
import { AudioConnection } from './audio-connection.ts';
import type { CommandScope } from './commands.ts';
import { ControlConnection } from './control-connection.ts';
import { listenUnix, refuseTaken } from './unix-server.ts';

const CONTROL = 'engine-control.sock';
const AUDIO = 'engine-audio.sock';

/** The engine protocol on two Unix sockets in the data folder, any number of connections on each. [control] */
export class ProtocolServer {
  private readonly scope: Omit<CommandScope, 'greet'>;
  private readonly servers: Server[] = [];
  private readonly sockets = new Set<Socket>();
  private readonly connections = new Set<ControlConnection>();
  private readonly tell = (event: EngineEvent): void => {
    for (const connection of this.connections) connection.tell(event);
  };

  /**
   * Throws ENGINE_UNAVAILABLE when another engine lives in the data folder, CONFIG_INVALID when it lies too deep for sockets: before
   * this one takes cards and ports.
   */
  static refuseSecond(dataDir: string): Promise<void> {
    return refuseTaken(join(dataDir, CONTROL));
  }

  /** Listens on `engine-control.sock` and `engine-audio.sock`. Throws what listenUnix throws. */
  static async listen(dataDir: string, scope: Omit<CommandScope, 'greet'>): Promise<ProtocolServer> {
    const server = new ProtocolServer(scope);
    try {
      // audio first: who finds the control socket may use both
      await server.open(join(dataDir, AUDIO), (socket) => void new AudioConnection(socket, scope.engine));
      await server.open(join(dataDir, CONTROL), (socket) => server.control(socket));
    } catch (error) {
      await server.close();
      throw error;
    }
    return server;
  }

  private constructor(scope: Omit<CommandScope, 'greet'>) {
    this.scope = scope;
    scope.engine.on('event', this.tell);
  }

  /** Ends the connections after what they still have to say, and removes the sockets. */
  async close(): Promise<void> {
    this.scope.engine.off('event', this.tell);
    const closed = this.servers.map((server) => new Promise((resolve) => server.close(resolve)));
    for (const socket of this.sockets) socket.end();
    const timer = setTimeout(() => {
      for (const socket of this.sockets) socket.destroy(); // one that does not read
    }, 200);
    await Promise.all(closed);
    clearTimeout(timer);
  }

  private async open(path: string, onConnection: (socket: Socket) => void): Promise<void> {
    const server = await listenUnix(path, (socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
      onConnection(socket);
    });
    this.servers.push(server);
  }

  private control(socket: Socket): void {
    const connection = new ControlConnection(socket, this.scope);
    this.connections.add(connection);
    socket.once('close', () => this.connections.delete(connection));
  }
}
