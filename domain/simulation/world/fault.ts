import type { Random } from './random.ts';

/** What goes wrong, at a time; some of it for a while. */
export interface Fault {
  kind: FaultKind;
  atMs: number;
  forMs: number;
}

/** Each kind with its weight, and how long it lasts: a time up to the first, and the second always. */
const KINDS = {
  'domain killed': [4, 3_000],
  'domain stays away': [2, 2_000, 6_000],
  'domain closed': [1, 2_000],
  'engine killed': [3, 0],
  'engine hangs': [2, 12_000],
  'connection to the engine breaks': [2, 0],
  'disk full': [2, 4_000],
  'disk fails at times': [2, 4_000],
  'disk slow': [2, 4_000],
  'network bad': [3, 8_000],
  'sockets dropped': [1, 0],
  'clients stuck': [1, 5_000],
  'clock jumps': [1, 0],
  'receiver down': [1, 8_000],
  'a task stops by itself': [1, 0],
  'a unit breaks': [2, 6_000],
} as const satisfies Record<string, readonly [weight: number, mostMs: number, leastMs?: number]>;
export type FaultKind = keyof typeof KINDS;

const WEIGHTED = (Object.keys(KINDS) as FaultKind[]).flatMap((kind) => Array<FaultKind>(KINDS[kind][0]).fill(kind));

/** So many faults at random times before `endMs`. [any] */
export function randomFaults(random: Random, count: number, endMs: number): Fault[] {
  return Array.from({ length: count }, () => {
    const kind = random.pick(WEIGHTED);
    const [, mostMs, leastMs = 10]: readonly [number, number, number?] = KINDS[kind];
    return {
      kind,
      atMs: Math.round(random.between(500, endMs)),
      forMs: Math.round(random.delay(leastMs, leastMs + mostMs)),
    };
  }).sort((a, b) => a.atMs - b.atMs);
}
