import { lookup as resolve } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { AudioCloudError } from '@audiocloud/api';
import { isPublicAddress } from '../network/public-address.ts';

const refusal = (url: string, why: string) =>
  new AudioCloudError('WEBHOOK_URL', `Cannot send to ${url}: ${why}`, { url });

/** The address that a URL names itself; undefined when it names a host. */
function literalOf({ hostname }: URL): string | undefined {
  const bare = hostname.replace(/^\[|\]$/g, '');
  return isIP(bare) ? bare : undefined;
}

/** Throws WEBHOOK_URL unless it is http or https, without a password, and not a private address. [any] */
export function requireWebhookUrl(url: string, allowsPrivate: boolean): URL {
  if (!URL.canParse(url)) throw refusal(url, 'it is no URL, wanted one like https://example.com/audio');
  const parsed = new URL(url);
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')
    throw refusal(url, `its protocol is ${parsed.protocol}, wanted http: or https:`);
  if (parsed.username || parsed.password) throw refusal(parsed.host, 'it holds a name or a password, wanted none');
  const literal = literalOf(parsed);
  if (literal !== undefined && !allowsPrivate && !isPublicAddress(literal))
    throw refusal(url, `${literal} is a private address, wanted a public one`);
  return parsed;
}

/**
 * Finds the addresses of a host for a connection, and refuses it when one of them is private. [control]
 *
 * The connection takes what was checked here: a name that leads elsewhere a moment later changes nothing.
 */
export const lookupPublic: LookupFunction = (hostname, options, callback) => {
  resolve(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, []);
    const hidden = addresses.find(({ address }) => !isPublicAddress(address));
    if (hidden) return callback(refusal(hostname, `${hidden.address} is a private address, wanted a public one`), []);
    if (options.all) return callback(null, addresses);
    const [{ address, family } = { address: '', family: 4 }] = addresses;
    callback(null, address, family);
  });
};
