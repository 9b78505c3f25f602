import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Test } from 'tap';
import { oscStrip } from '../simulated-strip.ts';

const TICK_MS = 10;

/** The strip behind real sockets of this machine: what came in whole, and the way to end it. */
export interface StripServer {
  port: number;
  /** Bytes as they came, in hexadecimal, each time something came. */
  readonly received: string[];
  /** Sends bytes as they are to whoever spoke last. */
  send(bytes: Uint8Array): void;
  end(): Promise<void>;
}

/** A strip on a UDP port. `port` 0: any. */
export async function udpStrip(t: Test, port = 0): Promise<StripServer> {
  const socket = createSocket('udp4');
  socket.bind(port, '127.0.0.1');
  await once(socket, 'listening');
  let last: { address: string; port: number } | undefined;
  const received: string[] = [];
  const send = (bytes: Uint8Array) => last && socket.send(bytes, last.port, last.address);
  const strip = oscStrip(send);
  socket.on('message', (packet, from) => {
    last = from;
    received.push(packet.toString('hex'));
    strip.receive(packet);
  });
  const ticking = setInterval(() => strip.tick(), TICK_MS);
  let ended: Promise<void> | undefined;
  const end = () => {
    clearInterval(ticking);
    ended ??= new Promise((resolve) => socket.close(() => resolve()));
    return ended;
  };
  t.teardown(end);
  return { port: socket.address().port, received, send, end };
}

/** A strip on a TCP port whose packets have a big-endian length of 32 bits before them, written out here by hand. */
export async function tcpStrip(t: Test, port = 0): Promise<StripServer> {
  const sockets = new Set<Socket>();
  const received: string[] = [];
  const write = (bytes: Uint8Array) => sockets.forEach((socket) => void socket.write(bytes));
  const strip = oscStrip((packet) => {
    const head = new DataView(new ArrayBuffer(4));
    head.setUint32(0, packet.length);
    write(Buffer.concat([new Uint8Array(head.buffer), packet]));
  });
  const server = createServer((socket) => {
    sockets.add(socket);
    let text = Buffer.alloc(0);
    socket.on('close', () => sockets.delete(socket)).on('error', () => {});
    socket.on('data', (bytes) => {
      received.push(bytes.toString('hex'));
      text = Buffer.concat([text, bytes]);
      while (text.length >= 4 && text.length >= 4 + text.readUInt32BE(0)) {
        const end = 4 + text.readUInt32BE(0);
        strip.receive(text.subarray(4, end));
        text = text.subarray(end);
      }
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const ticking = setInterval(() => strip.tick(), TICK_MS);
  let ended: Promise<void> | undefined;
  const end = () => {
    clearInterval(ticking);
    for (const socket of sockets) socket.destroy();
    ended ??= new Promise((resolve) => server.close(() => resolve()));
    return ended;
  };
  t.teardown(end);
  return { port: (server.address() as AddressInfo).port, received, send: write, end };
}
