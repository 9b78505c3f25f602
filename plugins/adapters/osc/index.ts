import { type Adapter, type AdapterPort, AudioCloudError } from '@audiocloud/api';
import { addressOf, oscSettings, portAt } from './address.ts';
import { withHeartbeat } from './heartbeat.ts';
import { isThere } from './presence.ts';
import { openTcp } from './tcp-port.ts';
import { openUdp } from './udp-port.ts';

/** Ids of the ports that are open: they say themselves when they end. */
const open = new Set<string>();

/** OSC over UDP and TCP, one packet at a time. Ports: `host` and `port`, both named in full. */
export const adapter: Adapter = {
  async list(wanted, settings = []) {
    const named = wanted.flatMap((pattern, i) => {
      const address = addressOf(pattern);
      return address ? [{ address, facts: portAt(address), settings: oscSettings(settings[i] ?? {}) }] : [];
    });
    const there = await Promise.all(
      named.map(({ address, facts, settings }) => open.has(facts.id) || isThere(address, settings)),
    );
    const ports = named.filter((_, i) => there[i]).map(({ facts }) => facts);
    return [...new Map(ports.map((facts) => [facts.id, facts])).values()];
  },

  async open({ id, attributes }, given): Promise<AdapterPort> {
    const address = addressOf(attributes);
    if (!address || open.has(id))
      throw new AudioCloudError(
        'ADAPTER_FAILED',
        `Cannot open ${id}: ${address ? 'it is open already' : 'it is no host with a port'}; give each instance an address of its own`,
      );
    const { transport, framing, localPort, heartbeat, heartbeatMs } = oscSettings(given);
    open.add(id);
    try {
      const bare = await (transport === 'tcp' ? openTcp(address, framing) : openUdp(address, localPort));
      const port = heartbeat === undefined ? bare : withHeartbeat(bare, heartbeat, heartbeatMs);
      port.onClose(() => open.delete(id));
      return {
        ...port,
        onClose: (callback) =>
          port.onClose((reason) => {
            open.delete(id);
            callback(reason);
          }),
        close: () => port.close().finally(() => open.delete(id)),
      };
    } catch (error) {
      open.delete(id);
      throw error;
    }
  },
};
