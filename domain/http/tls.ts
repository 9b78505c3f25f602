import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { AudioCloudError } from '@audiocloud/api';

export interface TlsFiles {
  /** Certificate with those between it and the root, PEM. */
  cert: string;
  /** Its private key, PEM. */
  key: string;
}

export interface TlsContent {
  cert: Buffer;
  key: Buffer;
}

/** Reads certificate and key, and sees whether they belong together. Throws CONFIG_INVALID. [control] */
export function readTls({ cert, key }: TlsFiles): TlsContent {
  try {
    const content = { cert: readFileSync(cert), key: readFileSync(key) };
    createSecureContext(content);
    return content;
  } catch (cause) {
    throw new AudioCloudError(
      'CONFIG_INVALID',
      `Cannot use the certificate ${cert} with the key ${key}: ${(cause as Error).message}`,
      { cert, key },
      { cause },
    );
  }
}
