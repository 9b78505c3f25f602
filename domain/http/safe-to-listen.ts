import { AudioCloudError } from '@audiocloud/api';
import { isLocalAddress } from './origin.ts';

export interface Listening {
  host: string;
  /** `open`: whoever reaches it may do everything. */
  access: 'accounts' | 'open';
  hasTls: boolean;
  /** Said on purpose: whoever is in front of it has TLS. */
  allowsPlainHttp: boolean;
}

/** Whether a domain may listen so: what other machines reach wants a login and TLS. Throws CONFIG_INVALID. [any] */
export function requireSafe({ host, access, hasTls, allowsPlainHttp }: Listening): void {
  if (isLocalAddress(host)) return;
  const refuse = (why: string) =>
    new AudioCloudError('CONFIG_INVALID', `Cannot listen on ${host}, which other machines reach: ${why}`, { host });
  if (access === 'open')
    throw refuse('anybody could do everything; set `access` to `accounts`, or listen on 127.0.0.1');
  if (!hasTls && !allowsPlainHttp)
    throw refuse(
      'keys and tokens would be sent in the clear; give `tls.cert` and `tls.key`, or set `plainHttp` where something in front of it has TLS',
    );
}
