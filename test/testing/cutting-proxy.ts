import { connect, createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** A way to a server that breaks: each connection is cut after so many bytes of the server, wherever in a message that is. */
export class CuttingProxy {
  /** How many bytes of the server are let through after a request, given its first line. A WebSocket is one request. */
  bytesFor: (line: string) => number = () => Number.POSITIVE_INFINITY;
  cuts = 0;
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  private constructor(port: number) {
    this.#server = createServer((client) => this.#carry(client, connect(port, '127.0.0.1')));
  }

  static async open(port: number): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(port);
    await once(proxy.#server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Cuts every connection there is. */
  cut(): void {
    for (const socket of this.#open) socket.destroy();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #carry(client: Socket, server: Socket): void {
    let left = Number.POSITIVE_INFINITY;
    const sockets = [client, server];
    const end = () => {
      for (const socket of sockets) socket.destroy();
    };
    for (const socket of sockets) {
      this.#open.add(socket);
      socket.setNoDelay(true);
      socket.on('error', end);
      socket.on('close', () => {
        this.#open.delete(socket);
        end();
      });
    }
    client.on('data', (data) => {
      const line = data.toString('latin1', 0, 500).split('\r\n')[0]!;
      if (/^[A-Z]+ \/\S* HTTP\/1.1$/.test(line)) left = this.bytesFor(line);
      server.write(data);
    });
    server.on('data', (data) => {
      if (left < 0) return;
      client.write(data.subarray(0, left));
      left -= data.length;
      if (left >= 0) return;
      this.cuts++;
      // What is written goes out first; what the client sends meanwhile may still arrive.
      client.destroySoon();
      server.destroy();
    });
  }
}
