import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { lookupPublic, requireWebhookUrl } from './webhook-address.ts';

/** A receiver that has not answered by then failed. */
const TIMEOUT_MS = 15_000;

export interface PostOptions {
  url: string;
  headers: Record<string, string>;
  body: string;
  allowsPrivate: boolean;
  signal: AbortSignal;
}

/** Posts a body and returns the status of the answer, which is not read. Follows no redirect. Throws what hindered it. [control] */
export type PostWebhook = (options: PostOptions) => Promise<number>;

/** Over the network of this machine. */
export const postWebhook: PostWebhook = async ({ url, headers, body, allowsPrivate, signal }) => {
  const parsed = requireWebhookUrl(url, allowsPrivate);
  const send = parsed.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const request = send(
      parsed,
      {
        method: 'POST',
        // Without an agent: a connection that is kept would not be checked again.
        agent: false,
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers },
        ...(allowsPrivate ? {} : { lookup: lookupPublic }),
      },
      (response) => {
        resolve(response.statusCode ?? 0);
        response.destroy();
      },
    );
    request.on('error', reject);
    request.end(body);
  });
};
