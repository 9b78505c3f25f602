import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Test } from 'tap';

/** A node on a socket of this machine: answers ArtPoll, keeps the ArtDmx packets. All bytes by hand: Art-Net 4. */
export async function node(t: Test, port = 0) {
  const socket = createSocket('udp4').bind(port, '127.0.0.1');
  await once(socket, 'listening');
  const pages: string[] = [];
  let onPage = () => {};
  const reply = Buffer.alloc(239);
  reply.write('Art-Net\0', 0, 'latin1');
  reply.writeUInt16LE(0x2100, 8);
  reply.write('Studio lamp 1', 26, 'latin1');
  reply.write('0a0b0c0d0e0f', 201, 'hex');
  socket.on('message', (packet, from) => {
    if (packet.readUInt16LE(8) === 0x2000) socket.send(reply, from.port, from.address);
    else {
      pages.push(packet.toString('hex'));
      onPage();
    }
  });
  const end = () => new Promise<void>((resolve) => socket.close(() => resolve()));
  let isOpen = true;
  const unplug = async () => {
    if (isOpen) await end();
    isOpen = false;
  };
  t.teardown(unplug);
  /** Resolves with the newest page once it is this one. */
  const until = async (page: string) => {
    while (!pages.at(-1)?.endsWith(page))
      await new Promise<void>((resolve) => {
        onPage = resolve;
      });
    return pages.at(-1)!;
  };
  return {
    port: socket.address().port,
    until,
    unplug,
  };
}
