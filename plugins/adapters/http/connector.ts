import { TLSSocket } from 'node:tls';
import { buildConnector } from 'undici';
import type { HttpSettings } from './http-settings.ts';

const CONNECT_MS = 1000;

/**
 * How connections are made. [control]
 *
 * A device has a certificate of its own: `certificateSha256` takes exactly that one, whoever signed it and whatever name is
 * in it. Nothing is sent before it was compared.
 */
export function connector({ certificateSha256 }: HttpSettings): buildConnector.connector {
  if (certificateSha256 === undefined) return buildConnector({ timeout: CONNECT_MS });
  const connect = buildConnector({ timeout: CONNECT_MS, rejectUnauthorized: false });
  return (options, callback) =>
    connect(options, (...[error, socket]) => {
      if (error) return callback(error, null);
      const found =
        socket instanceof TLSSocket
          ? socket.getPeerX509Certificate()?.fingerprint256.replaceAll(':', '').toLowerCase()
          : undefined;
      if (found === certificateSha256) return callback(null, socket);
      socket.destroy();
      callback(new Error(`its certificate is ${found ?? 'missing'}, wanted certificateSha256`), null);
    });
}
