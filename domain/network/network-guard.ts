import { lookup as lookUp } from 'node:dns/promises';
import type { LookupAddress } from 'node:dns';
import { BlockList, isIP, isIPv4, type LookupFunction } from 'node:net';
import { AudioCloudError, type ErrorCode } from '@audiocloud/api';
import { isMetadataAddress, isPublicAddress } from './public-address.ts';

/** What may be reached. */
export interface NetworkRules {
  /** http as well as https. */
  allowsHttp: boolean;
  /** Networks that may be reached beside the public one: `10.0.0.0/8`. */
  networks: readonly string[];
}

/** All addresses of a name. */
export type ResolveName = (hostname: string) => Promise<LookupAddress[]>;

/** As this machine resolves names. [control] */
export const systemResolve: ResolveName = (hostname) => lookUp(hostname, { all: true });

/** Names of this machine and of networks behind it (RFC 6761, 6762, 8375, 9476), and of clouds. */
const LOCAL_NAME = /(^|\.)(localhost|localdomain|local|internal|intranet|lan|home\.arpa)$/;
/** Below are services that understand other things than HTTP. */
const LEAST_PORT = 1024;
const OWN_PORTS = ['', '80', '443'];

/**
 * Judges where the domain may connect to in the name of a client. [control]
 *
 * A name is resolved once for each connection, all of its addresses are judged, and the connection takes what was judged: an
 * answer that is another one a moment later changes nothing.
 */
export class NetworkGuard {
  readonly #rules: NetworkRules;
  readonly #networks: BlockList;
  readonly #resolve: ResolveName;
  readonly #code: ErrorCode;

  /** code: of what it refuses. Throws for a network that is none. */
  constructor(rules: NetworkRules, code: ErrorCode, resolve: ResolveName = systemResolve) {
    this.#rules = rules;
    this.#networks = blockListOf(rules.networks);
    this.#code = code;
    this.#resolve = resolve;
  }

  /** Throws what it was made for unless a URL may be tried; what its name leads to is judged when it is resolved. */
  requireUrl(text: string | URL): URL {
    if (!URL.canParse(text))
      throw this.#refusal(String(text), 'it is no URL, wanted one like https://example.com/a.wav');
    const url = new URL(text);
    const { protocol, username, password, port } = url;
    const { allowsHttp, networks } = this.#rules;
    if (username || password) throw this.#refusal(url.host, 'it holds a name or a password, wanted none');
    if (protocol !== 'https:' && protocol !== 'http:')
      throw this.#refusal(shownUrl(url), `its protocol is ${protocol}, wanted https:`);
    if (protocol === 'http:' && !allowsHttp)
      throw this.#refusal(
        shownUrl(url),
        'its protocol is http:, wanted https:; an operator may allow it by imports.http',
      );
    if (!OWN_PORTS.includes(port) && Number(port) < LEAST_PORT)
      throw this.#refusal(shownUrl(url), `its port is ${port}, wanted 80, 443 or one from ${LEAST_PORT}`);
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (host === '') throw this.#refusal(shownUrl(url), 'it names no host');
    if (isIP(host)) this.requireAddress(host, shownUrl(url));
    else if (networks.length === 0) {
      const name = host.replace(/\.$/, '');
      if (LOCAL_NAME.test(name) || !name.includes('.'))
        throw this.#refusal(
          shownUrl(url),
          `${name} is a name of this machine or of a network behind it, wanted a public one`,
        );
    }
    return url;
  }

  /** shown: as the refusal calls it. */
  requireAddress(address: string, shown: string): void {
    if (isPublicAddress(address)) return;
    const isAllowed = this.#networks.check(address.split('%')[0]!, isIPv4(address) ? 'ipv4' : 'ipv6');
    if (isAllowed && !isMetadataAddress(address)) return;
    throw this.#refusal(
      shown,
      `${address} is not a public address; an operator may allow its network by imports.networks`,
    );
  }

  /** For a connection: resolves, judges, and gives it what was judged. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    this.#judged(hostname).then(
      (addresses) => {
        const { family, all } = options;
        const wanted = family === 4 || family === 6 ? addresses.filter((one) => one.family === family) : addresses;
        const [first] = wanted;
        if (!first) callback(Object.assign(new Error(`no address of ${hostname}`), { code: 'ENOTFOUND' }), []);
        else if (all) callback(null, wanted);
        else callback(null, first.address, first.family);
      },
      (error) => callback(error, []),
    );
  };

  async #judged(hostname: string): Promise<LookupAddress[]> {
    const addresses = await this.#resolve(hostname);
    for (const { address } of addresses) this.requireAddress(address, hostname);
    return addresses;
  }

  #refusal(shown: string, why: string): AudioCloudError {
    return new AudioCloudError(this.#code, `Cannot connect to ${shown.slice(0, 256)}: ${why}`, {
      url: shown.slice(0, 256),
    });
  }
}

/** A URL as messages show it: what it asks for may be a secret. [any] */
export const shownUrl = ({ protocol, host, pathname }: URL): string => `${protocol}//${host}${pathname}`.slice(0, 256);

function blockListOf(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const isFour = isIPv4(address);
    const most = isFour ? 32 : 128;
    const prefix = bits === undefined ? most : Number(bits);
    if (!isIP(address) || !Number.isInteger(prefix) || prefix < 0 || prefix > most)
      throw new AudioCloudError(
        'CONFIG_INVALID',
        `Cannot allow the network ${network}: wanted an address or a network like 10.0.0.0/8`,
      );
    list.addSubnet(address, prefix, isFour ? 'ipv4' : 'ipv6');
  }
  return list;
}
