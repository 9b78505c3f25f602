import { isIPv4 } from 'node:net';
import { AudioCloudError } from '@audiocloud/api';
import { dmx } from './art-net.js';
import { ART_NET_PORT, ask, hear, send } from './nodes.js';

/** @import { Adapter } from '@audiocloud/api' */

const CHANNELS = 512;
/** Ids of the ports that are open: host and port of a node with the universe. */
const open = new Set();

/** Where a node is, from what a driver or a rack says of it. */
function addressOf({ host, port = String(ART_NET_PORT) }, { localPort = ART_NET_PORT }) {
  const number = Number(port);
  return isIPv4(host ?? '') && Number.isInteger(number) && number > 0 ? { host, port: number, localPort } : undefined;
}

/**
 * Art-Net. Ports: `host` (an IPv4 address), `port`, and what a node tells: `shortName`, `mac`.
 *
 * @type {Adapter}
 */
export const adapter = {
  async list(wanted, settings = []) {
    const addresses = wanted.flatMap((pattern, i) => addressOf(pattern, settings[i] ?? {}) ?? []);
    const byId = new Map(addresses.map((address) => [`${address.host}:${address.port}`, address]));
    const ports = await Promise.all(
      [...byId].map(async ([id, address]) => {
        const reply = await ask(address);
        return reply ? [{ id, attributes: { host: address.host, port: String(address.port), ...reply } }] : [];
      }),
    );
    return ports.flat();
  },

  async open({ id, attributes }, settings) {
    const address = addressOf(attributes, settings);
    const { universe } = settings;
    if (!address || open.has(id))
      throw new AudioCloudError(
        'ADAPTER_FAILED',
        `Cannot open ${id}: it is ${address ? 'open already' : 'no address of a node'}; give each instance a node of its own`,
      );
    open.add(id); // before anything is awaited: of two opens at once the second is refused
    let onData = (_data) => {};
    const end = await hear(address, (message) => message.universe === universe && onData(message.data)).catch(
      (error) => {
        open.delete(id);
        throw error;
      },
    );
    let isOpen = true;
    let sequence = 0;
    return {
      async write(page) {
        if (!isOpen) throw new AudioCloudError('ADAPTER_FAILED', `Cannot write to ${id}: it is closed; open it again`);
        if (page.length > CHANNELS)
          throw new AudioCloudError(
            'DRIVER_INVALID',
            `Cannot write to ${id}: a page of ${page.length} channels, ${CHANNELS} at most; correct the driver`,
          );
        sequence = (sequence % 255) + 1;
        await send(dmx(universe, sequence, page), address);
      },
      onData: (callback) => {
        onData = callback;
      },
      onClose: () => {}, // UDP has no connection: list tells that a node is gone
      async close() {
        if (isOpen) open.delete(id);
        isOpen = false;
        end();
      },
    };
  },
};
