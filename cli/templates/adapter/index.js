import { AudioCloudError } from '@audiocloud/api';
import { openUdp } from './udp-port.js';

/** @import { Adapter } from '@audiocloud/api' */

/** Ids of the ports that are open. */
const open = new Set();

/**
 * UDP packets. Ports: `host` and `port`, both named in full, since such devices cannot be listed.
 *
 * @type {Adapter}
 */
export const adapter = {
  async list(wanted) {
    const named = wanted.filter(({ host, port }) => host && port && !`${host}${port}`.includes('*'));
    return named.map(({ host, port }) => ({ id: `${host}:${port}`, attributes: { host, port } }));
  },

  async open({ id, attributes }, settings) {
    const port = Number(attributes['port']);
    if (open.has(id) || !Number.isInteger(port))
      throw new AudioCloudError(
        'ADAPTER_FAILED',
        `Cannot open ${id}: it is ${open.has(id) ? 'open already' : 'no host with a port'}; give each device an address of its own`,
      );
    open.add(id);
    return openUdp({ host: attributes['host'], port, localPort: settings['localPort'] }, () => open.delete(id)).catch(
      (error) => {
        open.delete(id);
        throw error;
      },
    );
  },
};
