import { createSocket } from 'node:dgram';
import { AudioCloudError } from '@audiocloud/api';
import { poll, read } from './art-net.js';

/** Nodes are looked for twice a second: an answer that takes longer counts at the next look. */
const ANSWER_MS = 400;
export const ART_NET_PORT = 6454;

const failed = (action, { message }) =>
  new AudioCloudError('ADAPTER_FAILED', `${action}: ${message}; look at the network, and at what else uses the port`);

/** By local port: all nodes that answer there share a socket, which stays open and keeps no process alive. */
const sockets = new Map();

function socketOn(localPort) {
  let opening = sockets.get(localPort);
  if (!opening) {
    opening = new Promise((resolve, reject) => {
      const socket = createSocket({ type: 'udp4', reuseAddr: true });
      const lost = (error) => {
        sockets.delete(localPort);
        socket.close();
        reject(failed(`Cannot listen to nodes on port ${localPort}`, error));
      };
      socket.once('error', lost);
      socket.bind(localPort, () => resolve(socket.unref()));
    });
    sockets.set(localPort, opening);
  }
  return opening;
}

/** Sends a packet to a node. Rejects with ADAPTER_FAILED. */
export async function send(packet, { host, port, localPort }) {
  const socket = await socketOn(localPort);
  await new Promise((resolve, reject) => {
    socket.send(packet, port, host, (error) => (error ? reject(failed(`Cannot send to ${host}`, error)) : resolve()));
  });
}

/** Calls back with what a node says, until the function that it resolves with is called. */
export async function hear({ host, localPort }, callback) {
  const socket = await socketOn(localPort);
  const listen = (packet, from) => {
    const message = from.address === host ? read(packet) : undefined;
    if (message) callback(message);
  };
  socket.on('message', listen);
  return () => socket.off('message', listen);
}

/** What a node says of itself when it is asked; undefined when it does not answer. */
export async function ask(address) {
  const answer = Promise.withResolvers();
  const end = await hear(address, ({ reply }) => reply && answer.resolve(reply));
  const late = setTimeout(answer.resolve, ANSWER_MS);
  try {
    await send(poll(), address).catch(() => answer.resolve());
    return await answer.promise;
  } finally {
    clearTimeout(late);
    end();
  }
}
