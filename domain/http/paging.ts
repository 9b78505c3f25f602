import { PAGE_MAXIMUM } from '@audiocloud/api';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';

const DEFAULT_LIMIT = 100;

/** The query of a list that is read in pages. */
export const PageQuery = Type.Object({
  after: Type.Optional(
    Type.String({ minLength: 1, maxLength: 255, description: '`next` of the page before; default: from the start' }),
  ),
  limit: Type.Optional(
    Type.String({
      pattern: '^([1-9][0-9]{0,2}|1000)$',
      maxLength: 4,
      description: `At most so many, 1 to ${PAGE_MAXIMUM}; default ${DEFAULT_LIMIT}`,
    }),
  ),
});
export type PageQuery = Type.Static<typeof PageQuery>;

/** How many items a page may have. [any] */
export const mostOf = ({ limit }: PageQuery): number => Number(limit ?? DEFAULT_LIMIT);

export interface Page<T> {
  items: T[];
  /** `after` of the next page; absent at the end. */
  next?: string;
}

/** One page of items that come in the order of their keys, each key once; those that do not come are not made. [any] */
export function pageOf<T>(
  items: Iterable<T>,
  keyOf: (item: T) => string,
  query: PageQuery,
  isWanted: (item: T) => boolean = () => true,
): Page<T> {
  const { after } = query;
  const most = mostOf(query);
  const page: T[] = [];
  for (const item of items) {
    if (after !== undefined && keyOf(item) <= after) continue;
    if (!isWanted(item)) continue;
    if (page.length === most) return { items: page, next: keyOf(page.at(-1)!) };
    page.push(item);
  }
  return { items: page };
}

/** As pageOf, of items in any order. */
export function sortedPageOf<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  query: PageQuery,
  isWanted?: (item: T) => boolean,
): Page<T> {
  const order = (a: T, b: T) => (keyOf(a) < keyOf(b) ? -1 : keyOf(a) > keyOf(b) ? 1 : 0);
  return pageOf([...items].sort(order), keyOf, query, isWanted);
}

/** The page as it is answered, under a name; where it goes on is said in a `Link` header too (RFC 8288). */
export function sendPage<N extends string, T>(
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  name: N,
  { items, next }: Page<T>,
): { [key in N]: T[] } & { next?: string } {
  if (next !== undefined) {
    const url = new URL(request.url, 'http://domain');
    url.searchParams.set('after', next);
    void reply.header('link', `<${url.pathname}${url.search}>; rel="next"`);
  }
  return { [name]: items, ...(next === undefined ? {} : { next }) } as { [key in N]: T[] } & { next?: string };
}
