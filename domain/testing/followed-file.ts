import { setTimeout as sleep } from 'node:timers/promises';

/** A file of an export that is read as it grows. */
export interface FollowedFile {
  /** It was whole when it was asked for: it is not followed. */
  isWhole: boolean;
  /** Reads until so many bytes are there, or until its end. Throws when the connection ends without the last chunk. */
  until(bytes: number): Promise<void>;
  /** Reads to its end: all of it. Throws as `until`. */
  rest(): Promise<Buffer>;
}

/** Asks for a file until there is something of it. */
export async function followedFile(url: string): Promise<FollowedFile> {
  let response = await fetch(url);
  while (response.status === 409) {
    const { code } = (await response.json()) as { code: string };
    if (code !== 'EXPORT_NOT_READY') throw new Error(`Cannot follow ${url}: ${code}`);
    await sleep(10);
    response = await fetch(url);
  }
  if (!response.ok) throw new Error(`Cannot follow ${url}: ${response.status} ${await response.text()}`);
  const pieces: Uint8Array[] = [];
  const reader = response.body!.getReader();
  const until = async (bytes: number): Promise<void> => {
    for (let there = pieces.reduce((sum, { length }) => sum + length, 0); there < bytes; ) {
      const { value, done } = await reader.read();
      if (done) return;
      pieces.push(value);
      there += value.length;
    }
  };
  return {
    isWhole: response.headers.get('etag') !== null,
    until,
    async rest() {
      await until(Number.POSITIVE_INFINITY);
      return Buffer.concat(pieces);
    },
  };
}
