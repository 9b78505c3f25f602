import { basename } from 'node:path';
import type { MediaFrom } from '@audiocloud/api';

const MOST_LETTERS = 128;

/** What media are called for people when nobody says it: the last part of a path or an address. [any] */
export function defaultName(from: MediaFrom): string {
  const last = 'path' in from ? basename(from.path) : 'url' in from ? lastOf(from.url) : from.upload;
  return cleanName(last) || 'media';
}

/** A name of a client without what no screen shows, at most 128 letters. [any] */
export const cleanName = (name: string): string =>
  [...name.replace(/\p{C}/gu, '').trim()].slice(0, MOST_LETTERS).join('').slice(0, MOST_LETTERS);

function lastOf(url: string): string {
  const { pathname, hostname } = new URL(url);
  const last = pathname.split('/').findLast((part) => part !== '');
  if (last === undefined) return hostname;
  try {
    return basename(decodeURIComponent(last));
  } catch {
    return last;
  }
}
