import { AudioCloudError } from '@audiocloud/api';
import { AudioCloudClient, type LiveTask, type LiveTaskCallbacks } from '@audiocloud/client';
import { tokenOption } from './flags.ts';

export interface LivePlace {
  /** Address of the domain. */
  url: string;
  token?: string | undefined;
  task: string;
}

/**
 * A live task for a command, with its first snapshot. [any]
 *
 * A program waits for a domain that starts; a person who typed a wrong address is told at once: throws what the first connection
 * failed with, such as CONNECTION_LOST; TASK_UNKNOWN and the like. After it drops are made good as always.
 */
export async function openLive(
  { url, token, task }: LivePlace,
  callbacks: LiveTaskCallbacks & { name?: string } = {},
): Promise<LiveTask> {
  const failed = Promise.withResolvers<never>();
  let wasOpen = false;
  const live = new AudioCloudClient(url, tokenOption(token)).live(task, {
    ...callbacks,
    onConnection: (connection, why) => {
      wasOpen ||= connection === 'open';
      if (connection === 'lost' && !wasOpen) failed.reject(notThere(url, why));
      callbacks.onConnection?.(connection, why);
    },
  });
  try {
    await Promise.race([live.ready, failed.promise]);
    return live;
  } catch (thrown) {
    live.close();
    throw thrown;
  }
}

function notThere(url: string, why?: AudioCloudError): AudioCloudError {
  if (why && why.code !== 'CONNECTION_LOST') return why;
  const message = `Cannot connect to the domain at ${url}: ${why?.message ?? 'nobody answers'}; start it, or give its address with --url`;
  return new AudioCloudError('CONNECTION_LOST', message, { url }, { cause: why });
}
