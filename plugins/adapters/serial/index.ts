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
    const closed = () => new AudioCloudError('ADAPTER_FAILED', `Cannot write to ${path}: it is closed; open it again`);
    /** Writes on their way: a port that is closed forgets them. */
    const waiting = new Set<(error: Error) => void>();
    port.on('close', (error: Error | null) => {
      for (const reject of waiting) reject(closed());
      onClose(error?.message ?? 'closed');
    });
    return {
      write: (bytes) =>
        new Promise((resolve, reject) => {
          if (!port.isOpen) return reject(closed());
          waiting.add(reject);
          port.write(bytes, (error) => {
            waiting.delete(reject);
            if (error) reject(failed(`Cannot write to ${path}`, error));
            else resolve();
          });
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
