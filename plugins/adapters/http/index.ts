import { type Adapter, type AdapterPort, AudioCloudError } from '@audiocloud/api';
import { addressOf, portAt } from './address.ts';
import { type HttpPort, openHttp } from './http-port.ts';
import { httpSettings } from './http-settings.ts';
import { takesConnections } from './presence.ts';

const open = new Map<string, HttpPort>();

/** HTTP with JSON, one request at a time. Ports: `host` and `port`, both named in full. No unplug event: list tells. */
export const adapter: Adapter = {
  async list(wanted) {
    const addresses = new Map(
      wanted.flatMap((pattern) => {
        const address = addressOf(pattern);
        return address ? [[portAt(address).id, address]] : [];
      }),
    );
    const there = await Promise.all(
      [...addresses].map(async ([id, address]) =>
        open.get(id)?.isConnected() || (await takesConnections(address)) ? [portAt(address)] : [],
      ),
    );
    return there.flat();
  },

  async open({ id, attributes }, given): Promise<AdapterPort> {
    const address = addressOf(attributes);
    if (!address || open.has(id))
      throw new AudioCloudError(
        'ADAPTER_FAILED',
        `Cannot open ${id}: ${address ? 'it is open already' : 'it is no host with a port'}; give each instance an address of its own`,
      );
    const port = openHttp(address, httpSettings(given));
    open.set(id, port);
    return { ...port, close: () => port.close().finally(() => open.delete(id)) };
  },
};
