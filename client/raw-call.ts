import { AudioCloudError } from '@audiocloud/api';

export interface RawRequest {
  headers: Record<string, string>;
  body?: Blob;
  signal?: AbortSignal | undefined;
}

/** One call of the tus protocol: bytes there, headers back. Throws CONNECTION_LOST when there is no answer. [any] */
export type RawCall = (method: string, path: string, request: RawRequest) => Promise<Response>;

/** As httpCall. */
export function rawCall(base: URL, fetchIt: typeof fetch = globalThis.fetch, token?: string): RawCall {
  const shown: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return async (method, path, { headers, body, signal }) => {
    try {
      return await fetchIt(new URL(path, base), {
        method,
        headers: { 'tus-resumable': '1.0.0', ...shown, ...headers },
        ...(body ? { body } : {}),
        ...(signal ? { signal } : {}),
      });
    } catch (cause) {
      signal?.throwIfAborted();
      throw new AudioCloudError(
        'CONNECTION_LOST',
        `Cannot ${method} ${path}: no answer from ${base.origin}; see that the domain runs there`,
        undefined,
        { cause },
      );
    }
  };
}
