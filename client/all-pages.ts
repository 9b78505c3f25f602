import type { HttpCall } from './http-call.ts';

/** A list of the domain whole: page after page until there is no next one. [any] */
export async function allPages<T>(call: HttpCall, path: string, name: string): Promise<T[]> {
  const items: T[] = [];
  for (let after: string | undefined; ; ) {
    const query = after === undefined ? 'limit=1000' : `limit=1000&after=${encodeURIComponent(after)}`;
    const page = await call<{ [list: string]: T[] } & { next?: string }>(
      'GET',
      `${path}${path.includes('?') ? '&' : '?'}${query}`,
    );
    items.push(...(page[name] ?? []));
    after = page.next;
    if (after === undefined) return items;
  }
}
