import { AudioCloudError } from '@audiocloud/api';

/** The deepest body of the contract, an edit that puts a bus with its matrix, has 7 levels. */
const MOST_LEVELS = 32;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const isOpening = (code: number) => code === 0x5b || code === 0x7b;
const isClosing = (code: number) => code === 0x5d || code === 0x7d;

/**
 * Throws REQUEST_INVALID for JSON that is nested deeper than any body is. [any]
 *
 * The parser takes any depth, but whoever walks through the value by calls of itself (JSON.stringify too) would run out of stack.
 */
export function refuseDeepJson(text: string): void {
  let level = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      for (at++; at < text.length && text.charCodeAt(at) !== QUOTE; at++) if (text.charCodeAt(at) === BACKSLASH) at++;
    } else if (isClosing(code)) level--;
    else if (isOpening(code) && ++level > MOST_LEVELS)
      throw new AudioCloudError(
        'REQUEST_INVALID',
        `Cannot read the body: it is nested deeper than ${MOST_LEVELS} levels at character ${at}`,
      );
  }
}
