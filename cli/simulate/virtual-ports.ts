import { AudioCloudError } from '@audiocloud/api';
import type { AdapterPackage } from '@audiocloud/engine';
import { openHttp } from './http-port.ts';
import { openMidi } from './midi-port.ts';
import { openOsc } from './osc-port.ts';
import { openSerial } from './serial-port.ts';
import type { OpenVirtualPort } from './virtual-port.ts';

/** What a rack says where there is no port to connect to. */
export const simulateLine = (model: string, driver: string): string =>
  `{ id: '${model}:one', driver: '${driver}', simulate: true }`;

const NO_PORTS: Record<string, string> = {
  'usb-hid': 'there are no virtual USB HID devices',
};

/**
 * How a port of a bus is made on this machine. Throws ADAPTER_FAILED for a bus that has none, with the way round.
 *
 * model, driver: of the device, as a rack would name them.
 */
export function virtualPortOf(bus: AdapterPackage, model: string, driver: string): OpenVirtualPort {
  const ports: Record<string, OpenVirtualPort> = {
    midi: (wanted) => openMidi(bus.entry, wanted),
    serial: openSerial,
    osc: openOsc,
    http: openHttp,
  };
  const open = ports[bus.adapter];
  if (open) return open;
  throw new AudioCloudError(
    'ADAPTER_FAILED',
    `Cannot make a port of ${bus.adapter}: ${NO_PORTS[bus.adapter] ?? 'this command knows none of that bus'}; let the engine meet the simulator inside, with this line among the instances of rack.yaml: ${simulateLine(model, driver)}`,
  );
}
