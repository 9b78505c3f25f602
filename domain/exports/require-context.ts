import { AudioCloudError, CONTEXT_BYTES } from '@audiocloud/api';

/** Throws REQUEST_INVALID for a context of an export that is too large. [any] */
export function requireContext(context: unknown): void {
  if (context === undefined) return;
  const bytes = Buffer.byteLength(JSON.stringify(context));
  if (bytes > CONTEXT_BYTES)
    throw new AudioCloudError(
      'REQUEST_INVALID',
      `Cannot export: its context has ${bytes} bytes as JSON, ${CONTEXT_BYTES} may be, ${bytes - CONTEXT_BYTES} too much`,
    );
}
