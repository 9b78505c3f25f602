import type { IncomingMessage } from 'node:http';
import { AudioCloudError } from '@audiocloud/api';
import { type NetworkGuard, shownUrl } from '../network/network-guard.ts';
import { ArrivingPieces } from './arriving-pieces.ts';
import { followGet } from './follow-get.ts';
import type { ImportSettings } from './import-settings.ts';
import type { OpenManner, OpenSource, Standing } from './media-disk.ts';
import type { SourceKind } from './media-sources.ts';
import { SourcePatience } from './source-patience.ts';
import { type AnswerPart, partOf, requireAnswer, validatorOf } from './url-answer.ts';
import { urlFailure } from './url-failure.ts';

export type UrlSettings = Pick<ImportSettings, 'longestMs' | 'idleMs' | 'slowestRate'>;

/**
 * What servers of others give. [control]
 *
 * Every address is judged by the guard, also that of a redirect. What is not whole, too slow or encoded is not taken.
 * ca: certificates that are trusted, in the place of those of the machine.
 */
export function urlSources(guard: NetworkGuard, settings: UrlSettings, ca?: string): SourceKind {
  return {
    find: async (url) => void guard.requireUrl(url),
    open: async (text, manner): Promise<OpenSource> => {
      const url = guard.requireUrl(text);
      const { before } = manner;
      if (before && before.bytes === before.totalBytes) return whole(before);
      const patience = new SourcePatience(shownUrl(url), settings, manner);
      try {
        const { response, url: at } = await patience.waitFor(
          followGet(url, {
            guard,
            signal: patience.signal,
            headers: askedOf(manner),
            ...(ca === undefined ? {} : { ca }),
          }),
        );
        const shown = shownUrl(at);
        try {
          requireAnswer(response, shown, before);
          const part = partOf(response, shown, before);
          const pieces = piecesOf(response, shown, patience, part.bytes);
          return { ...opened(part, response), pieces, close: closing(response, patience) };
        } catch (error) {
          response.destroy();
          throw error;
        }
      } catch (thrown) {
        patience.end();
        throw patience.reason ?? urlFailure(shownUrl(url), thrown);
      }
    },
  };
}

function askedOf({ before }: OpenManner): Record<string, string> {
  return before ? { range: `bytes=${before.bytes}-`, 'if-range': before.validator } : {};
}

function opened({ startBytes, bytes }: AnswerPart, { headers }: IncomingMessage): Omit<OpenSource, 'pieces' | 'close'> {
  const validator = validatorOf(headers);
  return {
    totalBytes: bytes === undefined ? undefined : startBytes + bytes,
    ...(startBytes > 0 ? { startBytes } : {}),
    ...(validator === undefined ? {} : { validator }),
  };
}

/** All of it came before: the server is not asked again. */
const whole = ({ bytes, validator }: Standing): OpenSource => ({
  totalBytes: bytes,
  startBytes: bytes,
  validator,
  pieces: nothing(),
  close: async () => undefined,
});

async function* nothing(): AsyncGenerator<Uint8Array> {}

const closing = (response: IncomingMessage, patience: SourcePatience) => async (): Promise<void> => {
  patience.end();
  response.destroy();
};

/** All that was announced, or what hindered it. */
async function* piecesOf(
  response: IncomingMessage,
  shown: string,
  patience: SourcePatience,
  announced: number | undefined,
): AsyncGenerator<Uint8Array> {
  const arriving = new ArrivingPieces(response);
  let bytes = 0;
  try {
    for (;;) {
      const piece = arriving.take();
      if (piece) {
        bytes += piece.length;
        patience.came(piece.length);
        yield piece;
      } else if (!(await patience.waitFor(arriving.wait()))) break;
    }
  } catch (thrown) {
    throw patience.reason ?? urlFailure(shown, thrown, bytes);
  }
  if (announced !== undefined && bytes !== announced)
    throw new AudioCloudError(
      'MEDIA_UNREACHABLE',
      `Cannot import from ${shown}: the server announced ${announced} bytes and sent ${bytes}; it is tried again`,
      { url: shown, announcedBytes: announced, bytes },
    );
}
