import { type Adapter, type AdapterPort, AudioCloudError } from '@audiocloud/api';
import type { HIDAsync } from 'node-hid';
import { portsOf } from './hid-ports.ts';
import { loadHid } from './load-hid.ts';
import { type HidSettings, incoming, outgoing } from './report-bytes.ts';

const failed = (action: string, cause: unknown) =>
  new AudioCloudError(
    'ADAPTER_FAILED',
    `${action}: ${(cause as Error).message}; the device must be there and not be in use` +
      (process.platform === 'linux' ? ', and a udev rule must give this user access to /dev/hidraw*' : ''),
    undefined,
    { cause },
  );

/** Paths of the devices that are open: the system would open them again. */
const open = new Set<string>();

/** USB HID reports. Ports: `vendorId`, `productId`, `interface`, and `serialNumber` where there is one. */
export const adapter: Adapter = {
  async list() {
    const hid = await loadHid();
    try {
      return portsOf(await hid.devicesAsync());
    } catch (error) {
      throw failed('Cannot list the USB HID devices', error);
    }
  },

  async open({ id }, given): Promise<AdapterPort> {
    if (open.has(id))
      throw new AudioCloudError(
        'ADAPTER_FAILED',
        `Cannot open ${id}: it is open already; give each instance a device of its own`,
      );
    open.add(id);
    try {
      const { HIDAsync } = await loadHid();
      const device = await HIDAsync.open(id).catch((error) => {
        throw failed(`Cannot open ${id}`, error);
      });
      return portOf(device, id, given as HidSettings);
    } catch (error) {
      open.delete(id);
      throw error;
    }
  },
};

function portOf(device: HIDAsync, id: string, settings: HidSettings): AdapterPort {
  let isOpen = true;
  let onClose: (reason: string) => void = () => {};
  const end = async () => {
    if (!isOpen) return;
    isOpen = false;
    await device.close().catch(() => {}); // a lost device may refuse even that
    open.delete(id);
  };
  // A device that is pulled out ends the reading at once.
  device.on('error', ({ message }: Error) => void end().then(() => onClose(message)));
  return {
    async write(bytes) {
      if (!isOpen) throw new AudioCloudError('ADAPTER_FAILED', `Cannot write to ${id}: it is closed; open it again`);
      const report = outgoing(bytes, settings);
      await device.write(Buffer.from(report)).catch((error) => {
        throw failed(`Cannot write to ${id}`, error);
      });
    },
    onData: (callback) => void device.on('data', (data: Buffer) => callback(incoming(data, settings))),
    onClose: (callback) => {
      onClose = callback;
    },
    close() {
      onClose = () => {};
      return end();
    },
  };
}
