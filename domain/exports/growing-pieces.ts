import { open } from 'node:fs/promises';
import { AudioCloudError } from '@audiocloud/api';
import type { GrowingFile } from './growing-file.ts';

const MOST_BYTES = 256 * 1024;

/**
 * A file as it grows, to its end; one that has got its name meanwhile is read on. [control]
 *
 * Throws EXPORT_INTERRUPTED when it does not become whole: what was read is of no use then. EXPORT_NOT_READY before its first byte.
 */
export async function* growingPieces(growing: GrowingFile): AsyncGenerator<Uint8Array> {
  const file = await open(growing.path, 'r').catch((cause) => {
    throw new AudioCloudError(
      'EXPORT_NOT_READY',
      'Cannot send the file: it is just getting its name, or its try has ended; try again',
      {},
      { cause },
    );
  });
  try {
    for (let at = 0; ; ) {
      const changed = growing.next();
      const { bytes, state } = growing;
      if (state === 'gone')
        throw new AudioCloudError('EXPORT_INTERRUPTED', 'Cannot send the rest: the file did not become whole');
      if (at < bytes) {
        const { bytesRead, buffer } = await file.read(Buffer.alloc(Math.min(MOST_BYTES, bytes - at)), 0, null, at);
        if (bytesRead === 0) throw new AudioCloudError('EXPORT_INTERRUPTED', 'Cannot send the rest: it is not there');
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      } else if (state === 'whole') return;
      else await changed;
    }
  } finally {
    await file.close();
  }
}
