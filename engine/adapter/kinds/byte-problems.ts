import type { ByteField, BytePage, Driver } from '@audiocloud/api';
import { fieldPlaces, fieldRange } from '../byte-field.ts';
import { checksumPlaces } from '../checksum.ts';
import type { Mistakes } from '../lint/lint-checks.ts';
import type { Direction } from './kind.ts';

/** What a byte of a page is for when no value may stand there. */
function takenBy({ size, header = [], tail = [], checksum }: BytePage, byte: number): string | undefined {
  if (byte < header.length) return 'header';
  if (byte >= size - tail.length) return 'tail';
  return checksum && checksumPlaces(checksum).includes(byte) ? 'checksum' : undefined;
}

/** Mistakes of where a value stands in a page. place: of the field. [any] */
export function* fieldProblems(field: ByteField, direction: Direction, driver: Driver, place: string): Mistakes {
  const { at, type, order, bit, bits, oneHot, inverted } = field;
  const ways = Object.entries({ type, bit, bits, oneHot }).flatMap(([key, given]) =>
    given === undefined ? [] : [key],
  );
  if (ways.length > 1)
    return yield {
      check: 'field-shape',
      place,
      message: `has ${ways.join(' and ')}: a value stands in one way`,
      mend: 'keep one of them',
    };
  const isListed = bits !== undefined || oneHot !== undefined;
  if (isListed === (at !== undefined))
    return yield {
      check: 'field-shape',
      place: isListed ? `${place}/at` : place,
      message: isListed ? `${ways[0]} says its bytes itself, at is one too many` : 'does not say at which byte',
      mend: isListed ? 'remove at' : 'add at, counted from 0 with the header',
    };
  if (inverted && !oneHot)
    yield {
      check: 'field-shape',
      place: `${place}/inverted`,
      message: 'only places of oneHot are inverted',
      mend: 'remove it; a map turns other values round',
    };
  const isWide = type !== undefined && type !== 'u8' && type !== 'i8';
  if (isWide !== (order !== undefined))
    yield {
      check: 'byte-order',
      place: isWide ? place : `${place}/order`,
      message: isWide ? `${type} has several bytes and no order` : 'has an order, and one byte at most',
      mend: isWide ? 'add order: big (highest byte first) or little' : 'remove order',
    };
  const places = fieldPlaces(field);
  const names = places.map((one) => `${one.byte}.${one.bit}`);
  const twice = places[names.findIndex((name, i) => names.indexOf(name) !== i)];
  if (twice)
    yield {
      check: 'field-twice',
      place,
      message: `holds bit ${twice.bit} of byte ${twice.byte} twice`,
      mend: 'name each bit once',
    };
  if (places.length > 64 && !oneHot)
    yield { check: 'field-bits', place, message: `has ${places.length} bits, at most 64`, mend: 'split it' };
  if (inverted?.some((index) => index > fieldRange(field)[1]))
    yield {
      check: 'one-hot-inverted',
      place: `${place}/inverted`,
      message: `names a place beyond ${fieldRange(field)[1]}, the last`,
      mend: 'correct it; places are counted from 0',
    };
  yield* placeProblems(field, direction, driver, place);
}

function* placeProblems(field: ByteField, direction: Direction, driver: Driver, place: string): Mistakes {
  const pages = driver.pages ?? {};
  if (!Object.hasOwn(pages, field.in))
    return yield {
      check: 'page-unknown',
      place: `${place}/in`,
      message: `page ${field.in} is not declared: there are ${Object.keys(pages).join(', ') || 'none'}`,
      mend: 'declare it under pages, or correct the name',
    };
  const page = pages[field.in]!;
  const use = page.use ?? 'write';
  const wanted = direction === 'parameters' ? 'write' : 'read';
  if (use !== wanted && use !== 'both')
    yield {
      check: 'page-use',
      place: `${place}/in`,
      message: `page ${field.in} is for ${use}: a ${wanted === 'write' ? 'parameter is written' : 'report is read'}`,
      mend: `name another page, or give it use: ${wanted} or both`,
    };
  const places = fieldPlaces(field);
  const beyond = places.find(({ byte }) => byte >= page.size);
  if (beyond)
    return yield {
      check: 'field-beyond-page',
      place,
      message: `ends in byte ${Math.max(...places.map(({ byte }) => byte))}, page ${field.in} has ${page.size} bytes, 0 to ${page.size - 1}`,
      mend: 'correct the position or the size of the page',
    };
  const taken = places.map(({ byte }) => ({ byte, by: takenBy(page, byte) })).find(({ by }) => by);
  if (taken)
    yield {
      check: 'field-in-frame',
      place,
      message: `stands in byte ${taken.byte}, which is ${taken.by} of page ${field.in}`,
      mend: 'positions are counted from 0 with the header: correct it',
    };
  if (place.endsWith('/sysex') && places.some(({ bit }) => bit === 7))
    yield {
      check: 'sysex-7-bits',
      place,
      message: 'uses the highest bit of a byte: in a SysEx message bytes have 7 bits',
      mend: 'use bits, with from: 6, to: 0 in each byte',
    };
}
