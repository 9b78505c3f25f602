import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { AudioCloudError } from '@audiocloud/api';
import { type NetworkGuard, shownUrl } from '../network/network-guard.ts';

const MOST_REDIRECTS = 5;
const REDIRECTS = [301, 302, 303, 307, 308];

export interface GetOptions {
  guard: NetworkGuard;
  signal: AbortSignal;
  headers: Record<string, string>;
  /** Certificates that are trusted. */
  ca?: string;
}

/** An answer that is no redirect, and where it came from. */
export interface Followed {
  response: IncomingMessage;
  url: URL;
}

/**
 * Asks for a URL and follows at most five redirects; each is judged anew, and none leads from https to http. [control]
 *
 * The body is not read. Throws what hindered it: a refusal of the guard, MEDIA_REFUSED, or what Node says.
 */
export async function followGet(first: URL, options: GetOptions): Promise<Followed> {
  let url = first;
  for (let followed = 0; ; followed++) {
    const response = await get(url, options);
    const { location } = response.headers;
    if (!REDIRECTS.includes(response.statusCode ?? 0) || location === undefined) return { response, url };
    response.destroy();
    if (followed === MOST_REDIRECTS)
      throw new AudioCloudError(
        'MEDIA_REFUSED',
        `Cannot import from ${shownUrl(first)}: it redirects more than ${MOST_REDIRECTS} times`,
        { url: shownUrl(first), mostRedirects: MOST_REDIRECTS },
      );
    url = redirected(url, location, options.guard);
  }
}

function redirected(from: URL, location: string, guard: NetworkGuard): URL {
  const next = guard.requireUrl(URL.canParse(location, from) ? new URL(location, from) : location);
  if (from.protocol === 'https:' && next.protocol === 'http:')
    throw new AudioCloudError(
      'MEDIA_URL',
      `Cannot import from ${shownUrl(from)}: it redirects from https to http, to ${shownUrl(next)}`,
      { url: shownUrl(from), location: shownUrl(next) },
    );
  return next;
}

function get(url: URL, { guard, signal, headers, ca }: GetOptions): Promise<IncomingMessage> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(
      url,
      {
        method: 'GET',
        // Without an agent: a connection that is kept would not be judged again, and no proxy is taken from the environment.
        agent: false,
        signal,
        lookup: guard.lookup,
        headers: { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'audiocloud', ...headers },
        ...(ca === undefined ? {} : { ca }),
      },
      (response) => {
        // Whoever reads it is told; nobody reads what is given up.
        response.on('error', () => undefined);
        resolve(response);
      },
    );
    request.on('error', reject);
    request.end();
  });
}
