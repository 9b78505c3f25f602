import type { AdapterPort } from '@audiocloud/api';

/** So many periods of silence, each with a question at its begin, and the device is gone. */
const PERIODS = 3;

/** An OSC message without arguments: address, then `,`, each with zeros up to a multiple of four bytes. [any] */
export function question(address: string): Uint8Array {
  const padded = (text: string) => Buffer.from(text.padEnd((text.length & ~3) + 4, '\0'), 'latin1');
  return Buffer.concat([padded(address), padded(',')]);
}

/**
 * A port that ends by itself when the device says nothing, asked three times. [control]
 *
 * Anything that it says counts. periodMs: between two questions.
 */
export function withHeartbeat(port: AdapterPort, address: string, periodMs: number): AdapterPort {
  const asked = question(address);
  let silent = 0;
  let onData: (bytes: Uint8Array) => void = () => {};
  let onClose: (reason: string) => void = () => {};
  const ask = () => {
    if (silent++ < PERIODS) return void port.write(asked).catch(() => {}); // a lost port says so itself
    end();
    port.close().then(() => onClose(`no answer to ${address} for ${PERIODS * periodMs} ms`));
  };
  const timer = setInterval(ask, periodMs);
  const end = () => clearInterval(timer);
  port.onData((bytes) => {
    silent = 0;
    onData(bytes);
  });
  port.onClose((reason) => {
    end();
    onClose(reason);
  });
  return {
    write: (bytes) => port.write(bytes),
    onData: (callback) => {
      onData = callback;
    },
    onClose: (callback) => {
      onClose = callback;
    },
    close() {
      end();
      onClose = () => {};
      return port.close();
    },
  };
}
