import { AudioCloudError } from '@audiocloud/api';
import type { FastifyReply } from 'fastify';

/** Marks an answer with the revision of the task. */
export function sendRevision(reply: FastifyReply, revision: number): void {
  void reply.header('etag', `"${revision}"`);
}

/** The revision that `If-Match` asks for; undefined for none or `*`. Throws REQUEST_INVALID for what is no ETag of ours. */
export function wantedRevision(header: string | undefined): number | undefined {
  if (header === undefined || header.trim() === '*') return undefined;
  const match = /^\s*"(\d{1,15})"\s*$/.exec(header);
  if (!match)
    throw new AudioCloudError('REQUEST_INVALID', `Cannot read If-Match ${header}: wanted one ETag like "3", or *`);
  return Number(match[1]);
}

/** Whether `If-None-Match` asks that there be nothing yet. Throws REQUEST_INVALID for anything but `*`. */
export function mustBeAbsent(header: string | undefined): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  throw new AudioCloudError('REQUEST_INVALID', `Cannot read If-None-Match ${header}: wanted *`);
}
