/** Numbers from 0 up to 1 that follow from a seed. */
export type Random = () => number;
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export const oneOf = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
export const below = (random: Random, end: number): number => Math.floor(random() * end);

const NUMBERS = [0, -0, 1, -1, 0.5, 1e-300, 1e300, -1e300, 2 ** 31, 2 ** 53, 2 ** 53 + 2, -(2 ** 63), 65536, 1e21];
const STRINGS = [
  '',
  ' ',
  '\0',
  '💥',
  '\ud800',
  'x'.repeat(10_000),
  '__proto__',
  'NaN',
  'null',
  '../../etc/passwd',
  "'; DROP TABLE entries; --",
  '{{7*7}}',
  '1e999',
];
const KEYS = ['__proto__', 'constructor', 'toString', '', 'more', 'x'.repeat(300), 'toJSON', 'then', '$ref'];

/** A value of some type that nobody asked for. */
export function hostileValue(random: Random, depth = 0): Json {
  const kind = below(random, depth > 3 ? 4 : 7);
  switch (kind) {
    case 0:
      return null;
    case 1:
      return random() < 0.5;
    case 2:
      return oneOf(random, NUMBERS);
    case 3:
      return oneOf(random, STRINGS);
    case 4:
      return Array.from({ length: below(random, 4) }, () => hostileValue(random, depth + 1));
    case 5:
      return new Array<Json>(below(random, 3000)).fill(hostileValue(random, 4));
    default:
      return objectOf([[oneOf(random, KEYS), hostileValue(random, depth + 1)]]);
  }
}

/** An object whose keys are its own, `__proto__` too. */
function objectOf(entries: readonly (readonly [string, Json])[]): { [key: string]: Json } {
  const made: { [key: string]: Json } = {};
  for (const [key, value] of entries)
    Object.defineProperty(made, key, { value, enumerable: true, configurable: true, writable: true });
  return made;
}

/** The value with one place of it changed: another value, a key more, a key less, a list a thousand times as long. */
export function spoiled(value: Json, random: Random): Json {
  if (typeof value !== 'object' || value === null) return hostileValue(random);
  const keys = Object.keys(value);
  const goesDeeper = keys.length > 0 && random() < 0.75;
  if (Array.isArray(value)) {
    if (goesDeeper)
      return value.with(below(random, value.length), spoiled(value[below(random, value.length)]!, random));
    if (value.length > 0 && random() < 0.3) return Array.from({ length: 1000 }, () => value[0]!);
    return random() < 0.5 ? [...value, hostileValue(random)] : hostileValue(random);
  }
  const entries = Object.entries(value);
  const at = below(random, entries.length);
  if (goesDeeper) return objectOf(entries.with(at, [keys[at]!, spoiled(entries[at]![1], random)]));
  const change = below(random, 3);
  if (change === 0) return objectOf([...entries, [oneOf(random, KEYS), hostileValue(random)]]);
  if (change === 1) return objectOf(entries.filter((_, i) => i !== at));
  return hostileValue(random);
}

/** Text that is no JSON, or JSON of an odd kind, or bytes that are no text. */
export function brokenText(text: string, random: Random): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  switch (below(random, 8)) {
    case 0:
      return bytes.subarray(0, below(random, bytes.length));
    case 1: {
      const broken = Uint8Array.from(bytes);
      for (let i = 0; i < 3; i++) broken[below(random, broken.length)] = below(random, 256);
      return broken;
    }
    case 2:
      return new TextEncoder().encode('['.repeat(50_000));
    case 3:
      return new TextEncoder().encode(`${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`);
    case 4:
      return new TextEncoder().encode(text.replace(/\d+/, '1e999'));
    case 5:
      return Uint8Array.of(0xef, 0xbb, 0xbf, ...bytes.subarray(0, 1000));
    case 6:
      return new Uint8Array(0);
    default:
      return Uint8Array.from({ length: 200 }, () => below(random, 256));
  }
}
