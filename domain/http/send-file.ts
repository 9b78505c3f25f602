import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { AudioCloudError } from '@audiocloud/api';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { attachment } from './attachment-name.ts';
import { byteRange, isMatched } from './byte-range.ts';

/** A file that is sent as it is. */
export interface SentFile {
  path: string;
  contentType: string;
  /** Names these bytes and no others; without quotes. */
  tag: string;
  /** What a browser saves it as; absent: it is not to be saved. */
  name?: string;
  /** This of it is all that is sent, and what ranges are of. */
  part?: { offset: number; bytes: number };
}

/**
 * Sends a file, or the part that a Range header asks for; resumed only where If-Range names the same bytes (RFC 9110, 13 and 14). [control]
 *
 * One that is deleted meanwhile is sent to its end. Throws RANGE_INVALID, and what the disk says.
 */
export async function sendFile(
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  { path, contentType, tag, name, part }: SentFile,
): Promise<FastifyReply> {
  const etag = `"${tag}"`;
  const { headers, method } = request;
  // Kept by whoever asked alone, and asked for again: what they may have may be taken from them.
  void reply.headers({ etag, 'accept-ranges': 'bytes', 'cache-control': 'private, no-cache' });
  if (name !== undefined) void reply.header('content-disposition', attachment(name));
  if (isMatched(headers['if-none-match'], etag)) return reply.status(304).send();
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const offset = part?.offset ?? 0;
    const size = part?.bytes ?? (await file.stat()).size;
    const isSame = headers['if-range'] === undefined || headers['if-range'] === etag;
    const range = isSame ? byteRange(headers.range, size) : undefined;
    if (range === 'none') {
      void reply.header('content-range', `bytes */${size}`);
      throw new AudioCloudError(
        'RANGE_INVALID',
        `Cannot send ${headers.range}: there are ${size} bytes; ask for some of them`,
        { bytes: size },
      );
    }
    const { first, last } = range ?? { first: 0, last: size - 1 };
    void reply.type(contentType).header('content-length', last - first + 1);
    if (range) void reply.status(206).header('content-range', `bytes ${first}-${last}/${size}`);
    if (method === 'HEAD' || size === 0) {
      await file.close();
      // As a stream, so that the length stays that of the file.
      return reply.send(Readable.from([]));
    }
    return reply.send(file.createReadStream({ start: offset + first, end: offset + last }));
  } catch (error) {
    await file.close();
    throw error;
  }
}
