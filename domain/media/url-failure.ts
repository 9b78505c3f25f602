import { AudioCloudError } from '@audiocloud/api';

/** What another try does not mend: certificates, and what is no HTTP. */
const HOPELESS = /^(CERT_|ERR_TLS_|ERR_SSL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HPE_|EPROTO|ENOTFOUND|ERR_INVALID_)/;
const WORDS: Record<string, string> = {
  ENOTFOUND: 'there is no such host',
  ECONNREFUSED: 'the server refuses the connection',
  ECONNRESET: 'the connection was cut',
};

/** What Node says of a connection, as MEDIA_REFUSED or MEDIA_UNREACHABLE; refusals of ours stay. bytes: those that came. [any] */
export function urlFailure(shown: string, thrown: unknown, bytes?: number): AudioCloudError {
  if (thrown instanceof AudioCloudError) return thrown;
  const { code = 'unknown', errors } = thrown as NodeJS.ErrnoException & { errors?: unknown[] };
  // Of several addresses: the last word is as good as the first.
  const refusal = errors?.find((one) => one instanceof AudioCloudError);
  if (refusal) return refusal as AudioCloudError;
  const isHopeless = HOPELESS.test(code);
  const why = WORDS[code] ?? `the connection says ${code}`;
  const where = bytes === undefined ? '' : ` after ${bytes} bytes`;
  return new AudioCloudError(
    isHopeless ? 'MEDIA_REFUSED' : 'MEDIA_UNREACHABLE',
    `Cannot import from ${shown}: ${why}${where}${isHopeless ? '' : '; it is tried again'}`,
    { url: shown, system: code, ...(bytes === undefined ? {} : { bytes }) },
    { cause: thrown },
  );
}
