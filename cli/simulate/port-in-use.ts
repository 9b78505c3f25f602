import { AudioCloudError } from '@audiocloud/api';

/** Throws ADAPTER_FAILED with why a port of this machine cannot be had. */
export function portInUse(port: number, error: Error): never {
  throw new AudioCloudError(
    'ADAPTER_FAILED',
    `Cannot take port ${port} of this machine: ${error.message}; take another one with --port, or any with 0`,
    undefined,
    { cause: error },
  );
}
