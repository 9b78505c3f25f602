import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { FRAMINGS } from './osc-framing.ts';
import { portInUse } from './port-in-use.ts';
import type { VirtualPort, VirtualPortWanted } from './virtual-port.ts';

const HOST = '127.0.0.1';

const rackOf = (port: number, transport: string) => ({
  port: { host: HOST, port: String(port) },
  settings: { transport },
});

/** An OSC device at a port of this machine: UDP or TCP, as the driver's settings say. It answers whoever spoke last. */
export async function openOsc(wanted: VirtualPortWanted): Promise<VirtualPort> {
  return wanted.settings['transport'] === 'tcp' ? openTcp(wanted) : openUdp(wanted);
}

async function openUdp({ port, onData, onLost }: VirtualPortWanted): Promise<VirtualPort> {
  const socket = createSocket('udp4');
  let last: { address: string; port: number } | undefined;
  socket.on('message', (packet, from) => {
    last = from;
    onData(packet);
  });
  socket.bind(port, HOST);
  await once(socket, 'listening').catch((error) => portInUse(port, error));
  socket.on('error', ({ message }) => onLost(message));
  return {
    rack: rackOf(socket.address().port, 'udp'),
    // whoever is gone does not hear it
    send: (bytes) => last && socket.send(bytes, last.port, last.address, () => {}),
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

async function openTcp({ port, settings, onData, onLost }: VirtualPortWanted): Promise<VirtualPort> {
  const framing = FRAMINGS[String(settings['framing'] ?? 'length-32-be')]!;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    const read = framing.reader();
    sockets.add(socket.on('close', () => sockets.delete(socket)).on('error', () => {}));
    socket.on('data', (bytes) => {
      for (const packet of read(bytes)) onData(packet);
    });
  });
  server.listen(port, HOST);
  await once(server, 'listening').catch((error) => portInUse(port, error));
  server.on('error', ({ message }) => onLost(message));
  const rack = rackOf((server.address() as AddressInfo).port, 'tcp');
  const { framing: name } = settings;
  return {
    rack: { ...rack, settings: { ...rack.settings, ...(name === undefined ? {} : { framing: name }) } },
    send: (bytes) => sockets.forEach((socket) => void socket.write(framing.frame(bytes))),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
