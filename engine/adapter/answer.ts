import type { AwaitedAnswer, Driver } from '@audiocloud/api';
import { isPage } from './byte-page.ts';
import type { Incoming } from './kinds/kind.ts';
import { isGoodAnswer } from './kinds/request.ts';
import { lineTemplate } from './line-template.ts';

export type Verdict = 'accepted' | 'refused' | undefined;

/** What something that came in says of a write whose answer is awaited; undefined: it is no answer. [any] */
export function answerMatcher(
  { line, page, osc, request, refused }: AwaitedAnswer,
  { pages = {} }: Driver,
): (incoming: Incoming) => Verdict {
  if (request)
    return (incoming) =>
      typeof incoming === 'object' && 'status' in incoming
        ? isGoodAnswer(incoming)
          ? 'accepted'
          : 'refused'
        : undefined;
  const matcher = (wanted: string): ((incoming: Incoming) => boolean) => {
    if (line !== undefined) {
      const { match } = lineTemplate(wanted);
      return (incoming) => typeof incoming === 'string' && match(incoming) !== undefined;
    }
    if (page !== undefined) return (incoming) => incoming instanceof Uint8Array && isPage(pages[wanted]!, incoming);
    return (incoming) => typeof incoming === 'object' && 'address' in incoming && incoming.address === wanted;
  };
  const isAccepted = matcher((line ?? page ?? osc)!);
  const isRefused = refused === undefined ? () => false : matcher(refused);
  return (incoming) => (isRefused(incoming) ? 'refused' : isAccepted(incoming) ? 'accepted' : undefined);
}
