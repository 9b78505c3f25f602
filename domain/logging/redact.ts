const HIDDEN = '[redacted]';

/** Addresses with a query, which may be signed, and with a password before the host. */
const QUERY = /\?[\w.~%[\]-]+=[^\s"'\\<>)]*/g;
const USER = /(:\/\/)[^\s"'/@\\]+@/g;
/** Headers as text. */
const CREDENTIALS = /\b(Bearer|Basic|Digest)\s+[\w.~+/=-]+/gi;
/** API keys, signed tokens, secrets of webhooks, wherever they stand. */
const KEY = /\bac_[0-9a-f]{12}_[\w-]{43}|\beyJ[\w-]+\.[\w-]+\.[\w-]+|\bwhsec_[\w+/=-]+/g;
/** JSON members whose name says that nobody may read them; text, or a list of text. */
const SECRET_MEMBER =
  /("[\w-]*(?:authorization|cookie|passw(?:or)?d|secret|signature|token|api[-_]?key)[\w-]*":)(?:"(?:[^"\\]|\\.)*"|\[[^\]]*\])/gi;

/**
 * A line of the log, or any text, without secrets: values of members that are named like one, credentials of headers, queries of
 * addresses. [any]
 */
export function redact(text: string): string {
  return text
    .replace(KEY, HIDDEN)
    .replace(SECRET_MEMBER, `$1"${HIDDEN}"`)
    .replace(QUERY, `?${HIDDEN}`)
    .replace(USER, `$1${HIDDEN}@`)
    .replace(CREDENTIALS, `$1 ${HIDDEN}`);
}
