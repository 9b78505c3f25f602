import { AudioCloudError, type ErrorBody } from '@audiocloud/api';

/** One call of the REST interface: JSON there, JSON back; a refusal is thrown with the code of its body. [any] */
export type HttpCall = <A>(
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<A>;

/** The header of a change that depends on a revision. */
export const ifMatch = (revision: number | undefined): Record<string, string> =>
  revision === undefined ? {} : { 'if-match': `"${revision}"` };

function isErrorBody(value: unknown): value is ErrorBody {
  return typeof value === 'object' && value !== null && 'code' in value && 'message' in value;
}

/**
 * @param base address of the domain, e.g. `http://127.0.0.1:8480/`
 * @param token API key or token
 */
export function httpCall(base: URL, fetchIt: typeof fetch = globalThis.fetch, token?: string): HttpCall {
  const shown: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return async <A>(method: string, path: string, body?: unknown, more: Record<string, string> = {}) => {
    const headers = { ...shown, ...more };
    let response: Response;
    try {
      response = await fetchIt(new URL(path, base), {
        method,
        headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (cause) {
      throw new AudioCloudError(
        'CONNECTION_LOST',
        `Cannot ${method} ${path}: no answer from ${base.origin}; see that the domain runs there`,
        undefined,
        { cause },
      );
    }
    const text = await response.text();
    const answer = parse(text);
    if (response.ok) return answer as A;
    if (isErrorBody(answer)) throw AudioCloudError.from(answer);
    throw new AudioCloudError('INTERNAL', `Cannot ${method} ${path}: HTTP ${response.status} ${text.slice(0, 200)}`);
  };
}

function parse(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
