import type { ByteField, ByteRange } from '@audiocloud/api';

/** A bit of a page: its byte, and its place in that, 0 being the lowest. */
export interface BitPlace {
  byte: number;
  bit: number;
}

/** The bits of a type: its width, and whether it has a sign. */
function typeFacts(type: NonNullable<ByteField['type']>): { bits: number; isSigned: boolean } {
  return { bits: Number(type.slice(1)), isSigned: type[0] === 'i' };
}

function rangePlaces({ byte, from, to }: ByteRange): BitPlace[] {
  const step = from <= to ? 1 : -1;
  return Array.from({ length: Math.abs(to - from) + 1 }, (_, i) => ({ byte, bit: from + i * step }));
}

/** The bits that a field occupies: of a number from its highest bit down, of oneHot in the order of its places. [any] */
export function fieldPlaces(field: ByteField): BitPlace[] {
  if (field.oneHot) return field.oneHot.flatMap(rangePlaces);
  if (field.bits) return field.bits.flatMap(rangePlaces);
  const at = field.at ?? 0;
  if (field.bit !== undefined) return [{ byte: at, bit: field.bit }];
  const bytes = typeFacts(field.type ?? 'u8').bits / 8;
  const order = Array.from({ length: bytes }, (_, i) => (field.order === 'little' ? bytes - 1 - i : i));
  return order.flatMap((i) => rangePlaces({ byte: at + i, from: 7, to: 0 }));
}

/** The whole numbers that a field takes. [any] */
export function fieldRange(field: ByteField): readonly [number, number] {
  const { length } = fieldPlaces(field);
  if (field.oneHot) return [-1, length - 1];
  const isSigned = field.bits === undefined && field.bit === undefined && typeFacts(field.type ?? 'u8').isSigned;
  return isSigned ? [-(2 ** (length - 1)), 2 ** (length - 1) - 1] : [0, 2 ** length - 1];
}

/** Puts a number, rounded and clamped to what the field takes, into the bytes of a page. [any] */
export function writeField(page: Uint8Array, field: ByteField, value: number): void {
  const [min, max] = fieldRange(field);
  const places = fieldPlaces(field);
  const put = ({ byte, bit }: BitPlace, isSet: boolean) => {
    page[byte] = isSet ? page[byte]! | (1 << bit) : page[byte]! & ~(1 << bit);
  };
  const whole = Math.round(Math.max(min, Math.min(max, value)));
  if (field.oneHot) {
    for (const [i, place] of places.entries()) put(place, (i === whole) !== (field.inverted?.includes(i) ?? false));
    return;
  }
  // 2^64 - 1 is no number of JavaScript, only 2^64: the largest is found among whole numbers of any size.
  const largest = (1n << BigInt(places.length - (min < 0 ? 1 : 0))) - 1n;
  const big = BigInt(whole);
  let rest = BigInt.asUintN(places.length, big > largest ? largest : big);
  for (const place of places.toReversed()) {
    put(place, (rest & 1n) === 1n);
    rest >>= 1n;
  }
}

/** The number of a field; undefined where oneHot has several bits chosen. Above 2^53 the nearest number. [any] */
export function readField(page: Uint8Array, field: ByteField): number | undefined {
  const places = fieldPlaces(field);
  const isSet = ({ byte, bit }: BitPlace) => ((page[byte]! >> bit) & 1) === 1;
  if (field.oneHot) {
    const chosen = places.flatMap((place, i) => (isSet(place) !== (field.inverted?.includes(i) ?? false) ? [i] : []));
    return chosen.length > 1 ? undefined : (chosen[0] ?? -1);
  }
  let value = 0n;
  for (const place of places) value = (value << 1n) | (isSet(place) ? 1n : 0n);
  return Number(fieldRange(field)[0] < 0 ? BigInt.asIntN(places.length, value) : value);
}
