import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { AudioCloudError } from '@audiocloud/api';
import { NetworkGuard } from '../network/network-guard.ts';
import { requireWebhookUrl } from '../webhooks/webhook-address.ts';
import { toldUrl } from './export-record.ts';

export interface PutOptions {
  url: string;
  headers: Readonly<Record<string, string>>;
  path: string;
  mediaType: string;
  /** Receivers of this machine and of networks behind it are allowed, and http. */
  allowsPrivate: boolean;
  signal: AbortSignal;
  sent(bytes: number): void;
}

/** Puts a file at a URL. Throws EXPORT_UPLOAD, REQUEST_INVALID, and the reason of the signal. [control] */
export type PutFile = (options: PutOptions) => Promise<void>;

/** A receiver that takes no byte, or does not answer, for so long has failed. */
const SILENT_MS = 60_000;
/** Told of an answer that refuses. */
const MOST_TOLD = 200;
/** Headers that are ours to say. */
const OURS = ['content-length', 'host', 'transfer-encoding', 'connection', 'expect', 'te', 'upgrade', 'trailer'];

/** Judges every connection that is made, by the addresses that it takes. */
const guard = new NetworkGuard({ allowsHttp: false, networks: [] }, 'REQUEST_INVALID');

/** Throws REQUEST_INVALID for a URL or headers that no upload may have; nothing of the query is told. [any] */
export function requireUploadUrl(url: string, headers: Readonly<Record<string, string>>, allowsPrivate: boolean): URL {
  const refuse = (why: string): never => {
    throw new AudioCloudError('REQUEST_INVALID', `Cannot upload to ${toldUrl(url) || 'that URL'}: ${why}`);
  };
  const ours = Object.keys(headers).find((name) => OURS.includes(name.toLowerCase()));
  if (ours !== undefined) refuse(`the header ${ours} is set by the domain, leave it out`);
  try {
    const parsed = allowsPrivate ? requireWebhookUrl(url, true) : guard.requireUrl(url);
    if (!parsed.hash) return parsed;
  } catch {
    return refuse('wanted an https URL of a public host, without a name and password');
  }
  return refuse('it has a fragment, wanted none');
}

/** Over the network of this machine: one PUT with its length; the address that was checked is the one that is connected. */
export const putFile: PutFile = async ({ url, headers, path, mediaType, allowsPrivate, signal, sent }) => {
  const parsed = requireUploadUrl(url, headers, allowsPrivate);
  const to = toldUrl(url);
  const { size } = await stat(path);
  const send = parsed.protocol === 'https:' ? httpsRequest : httpRequest;
  signal.throwIfAborted();
  const failed = (why: string, more: object = {}) =>
    new AudioCloudError('EXPORT_UPLOAD', `Cannot upload to ${to}: ${why}`, { to, ...more });
  await new Promise<void>((resolve, reject) => {
    let bytes = 0;
    const file = createReadStream(path, { highWaterMark: 256 * 1024 });
    const over = (error?: unknown) => {
      file.destroy();
      request.destroy();
      if (error === undefined) resolve();
      else reject(signal.aborted ? signal.reason : error);
    };
    const request = send(
      parsed,
      {
        method: 'PUT',
        // Without an agent: a connection that is kept would not be checked again.
        agent: false,
        signal,
        timeout: SILENT_MS,
        headers: { 'content-type': mediaType, ...headers, 'content-length': size },
        ...(allowsPrivate ? {} : { lookup: guard.lookup }),
      },
      (response) => {
        const status = response.statusCode ?? 0;
        if (status >= 200 && status < 300) {
          // What it says of it nobody reads.
          over(bytes < size ? failed(`it answered ${status} after ${bytes} of ${size} bytes`, { status }) : undefined);
          return;
        }
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (piece: string) => {
          text = (text + piece).slice(0, MOST_TOLD);
          if (text.length === MOST_TOLD) over(failed(`it answered ${status}`, { status, answer: text }));
        });
        response.on('end', () => over(failed(`it answered ${status}`, { status, answer: text })));
        response.on('error', () => over(failed(`it answered ${status}`, { status })));
      },
    );
    request.on('timeout', () => over(failed(`it was silent for ${SILENT_MS / 1000} s`)));
    request.on('error', (error) => {
      if (error instanceof AudioCloudError)
        over(new AudioCloudError('REQUEST_INVALID', `Cannot upload to ${to}: it is a private address`));
      else over(failed((error as NodeJS.ErrnoException).code ?? error.message));
    });
    file.on('error', (error) => over(error));
    file.on('data', (piece) => {
      bytes += piece.length;
      sent(bytes);
    });
    file.pipe(request);
  });
};
