/** `{value}` in a JSON body or a path of a request. */
const PLACE = '{value}';

/** JSON in which every text `{value}` became the value itself, and every `{value}` inside a text its text. [any] */
export function withValue(json: unknown, value: number | string | boolean): unknown {
  if (json === PLACE) return value;
  if (typeof json === 'string') return json.replaceAll(PLACE, () => String(value));
  if (Array.isArray(json)) return json.map((item) => withValue(item, value));
  if (typeof json === 'object' && json !== null)
    return Object.fromEntries(Object.entries(json).map(([key, item]) => [key, withValue(item, value)]));
  return json;
}

/** Whether JSON holds the place of a value. [any] */
export function hasPlace(json: unknown): boolean {
  if (typeof json === 'string') return json.includes(PLACE);
  return typeof json === 'object' && json !== null && Object.values(json).some(hasPlace);
}

/** A path with the value in its place, written for a URL. [any] */
export function pathWithValue(path: string, value: number | string | boolean): string {
  return path.replaceAll(PLACE, () => encodeURIComponent(String(value)));
}

/** What a JSON pointer (RFC 6901) names, or undefined. [any] */
export function atPointer(json: unknown, pointer: string): unknown {
  let value = json;
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
