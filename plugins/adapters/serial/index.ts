import { type Adapter, type AdapterPort, AudioCloudError } from '@audiocloud/api';
import { SerialPort, type SerialPortOpenOptions } from 'serialport';
import { listPorts } from './serial-ports.ts';

const failed = (action: string, cause: Error) =>
  new AudioCloudError(
    'ADAPTER_FAILED',
    `${action}: ${cause.message}; the port must be there, be ours to open, and not be in use`,
    undefined,
    { cause },
  );

/** Serial ports: `path`, and where the system tells them `serialNumber`, `vendorId`, `productId`, `manufacturer`. */
export const adapter: Adapter = {
  list: listPorts,

  async open({ attributes }, settings): Promise<AdapterPort> {
    const path = attributes['path']!;
    const port = await new Promise<SerialPort>((resolve, reject) => {
      const options = { ...settings, path, autoOpen: true } as unknown as SerialPortOpenOptions<never>;
      const opening = new SerialPort(options, (error) => (error ? reject(error) : resolve(opening)));
    }).catch((error) => {
      throw failed(`Cannot open the serial port ${path}`, error); // also what the library throws of settings
    });
    let onClose: (reason: string) => void = () => {};
    // A lost port says 'close'; before that a failed write may say 'error', which without a listener ends the process.
    port.on('error', () => {});
    port.on('close', (error: Error | null) => onClose(error?.message ?? 'closed'));
    return {
      write: (bytes) =>
        new Promise((resolve, reject) => {
          if (!port.isOpen)
            return reject(new AudioCloudError('ADAPTER_FAILED', `Cannot write to ${path}: it is closed`));
          port.write(bytes, (error) => (error ? reject(failed(`Cannot write to ${path}`, error)) : resolve()));
        }),
      // Only a port that is being read notices that it is gone.
      onData: (callback) => void port.on('data', (bytes: Buffer) => callback(bytes)),
      onClose: (callback) => {
        onClose = callback;
      },
      close: () =>
        new Promise((resolve) => {
          onClose = () => {};
          if (port.isOpen) port.close(() => resolve());
          else resolve();
        }),
    };
  },
};
