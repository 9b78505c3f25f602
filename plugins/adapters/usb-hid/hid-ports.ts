import type { PortFacts } from '@audiocloud/api';
import type { Device } from 'node-hid';

const hex = (number: number) => number.toString(16).padStart(4, '0');

/**
 * Devices as the system lists them, as ports. [any]
 *
 * The id is the system's path, which a device may not get again; what stays are its attributes. An interface of -1: the system does not know.
 */
export function portsOf(devices: readonly Device[]): PortFacts[] {
  const ports = devices.flatMap(({ path, vendorId, productId, interface: number, ...more }): PortFacts[] => {
    if (!path) return [];
    const { serialNumber, manufacturer, product, usagePage, usage } = more;
    return [
      {
        id: path,
        attributes: {
          path,
          vendorId: hex(vendorId),
          productId: hex(productId),
          ...(number >= 0 ? { interface: String(number) } : {}),
          ...(serialNumber ? { serialNumber } : {}),
          ...(manufacturer ? { manufacturer } : {}),
          ...(product ? { product } : {}),
          ...(usagePage === undefined ? {} : { usagePage: hex(usagePage) }),
          ...(usage === undefined ? {} : { usage: hex(usage) }),
        },
      },
    ];
  });
  // Linux lists an interface once for each usage of its first report: one file, one port.
  return [...new Map(ports.toReversed().map((port) => [port.id, port])).values()].toReversed();
}
