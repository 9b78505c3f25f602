import { createServer, connect, type AddressInfo, type Socket } from 'node:net';

/** A way to a server that breaks: a connection ends, with what is on the way, after so many bytes from the client. */
export interface CuttingProxy {
  url: string;
  /** Connections that were cut. */
  cuts: number;
  close(): void;
}

/** target: asked for each connection. budgets: bytes of the first connections that send more; those after them stay. */
export async function cuttingProxy(target: () => string, budgets: readonly number[]): Promise<CuttingProxy> {
  const left = [...budgets];
  const open = new Set<Socket>();
  const proxy: CuttingProxy = { url: '', cuts: 0, close: () => undefined };
  const server = createServer((client) => {
    const { hostname, port } = new URL(target());
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    let bytes = 0;
    client.on('data', (piece) => {
      bytes += piece.length;
      const budget = left[0];
      if (budget === undefined || bytes <= budget) {
        if (!upstream.write(piece)) client.pause();
        return;
      }
      left.shift();
      proxy.cuts += 1;
      upstream.write(piece.subarray(0, Math.max(0, piece.length - (bytes - budget))));
      // What was written goes out before the end; the client is cut off at once.
      client.destroy();
      upstream.destroySoon();
    });
    upstream.on('drain', () => client.resume());
    upstream.pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  proxy.close = () => {
    for (const socket of open) socket.destroy();
    server.close();
  };
  return proxy;
}
