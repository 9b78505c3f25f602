import type { BytePage, Carries, Driver } from '@audiocloud/api';
import { checksumPlaces } from '../checksum.ts';
import { pageOf } from '../page-of.ts';
import type { Mistakes } from './lint-checks.ts';

/** Names of pages that something of a driver uses. */
function usedPages(driver: Driver): Set<string> {
  const mappings = [...Object.values(driver.parameters), ...Object.values(driver.reports)].flat();
  const awaits = [driver.await, ...(driver.polling ?? []).map((poll) => poll.await)];
  return new Set([
    ...mappings.flatMap((mapping) => pageOf(mapping) ?? []),
    ...awaits.flatMap((answer) => (answer?.page === undefined ? [] : [answer.page, answer.refused ?? ''])),
    ...(driver.polling ?? []).flatMap(({ page }) => page ?? []),
    ...Object.values(driver.delivery ?? {}).flatMap(({ readBack }) => readBack?.ask?.page ?? []),
  ]);
}

/** Mistakes of the pages themselves. [any] */
export function* pageMistakes(driver: Driver, carries: Carries | undefined): Mistakes {
  const pages = Object.entries(driver.pages ?? {});
  const used = usedPages(driver);
  for (const [name, page] of pages) {
    const place = `/pages/${name}`;
    if (!used.has(name))
      yield {
        check: 'page-unused',
        place,
        message: `nothing uses page ${name}`,
        mend: 'remove it, or name it in a mapping',
      };
    const { size, use = 'write', header = [], tail = [] } = page;
    if (header.length + tail.length > size)
      yield {
        check: 'page-room',
        place: `${place}/size`,
        message: `is ${size}: header and tail alone have ${header.length + tail.length} bytes`,
        mend: 'count header and tail with it',
      };
    else yield* checksumMistakes(page, place);
    if (carries === 'stream' && use !== 'write' && !header.length)
      yield {
        check: 'page-header',
        place,
        message: 'is read out of a stream and has no header: nobody can tell where it begins',
        mend: 'add header',
      };
    if (page.base && use !== 'both')
      yield {
        check: 'page-base',
        place: `${place}/base`,
        message: `takes the page of the device as its base, and is for ${use}`,
        mend: 'add use: both',
      };
    if (carries === 'midi') yield* sysexMistakes(page, place);
  }
  yield* ambiguous(pages.filter(([, { use = 'write' }]) => use !== 'write'));
}

function* checksumMistakes({ size, header = [], tail = [], checksum }: BytePage, place: string): Mistakes {
  if (!checksum) return;
  const { from, to, order } = checksum;
  if (from > to || to >= size)
    yield {
      check: 'checksum-range',
      place: `${place}/checksum`,
      message: `goes over the bytes ${from} to ${to}, the page has 0 to ${size - 1}`,
      mend: 'correct from and to; both are counted in',
    };
  const places = checksumPlaces(checksum);
  if (places.some((byte) => byte < header.length || byte >= size - tail.length || (byte >= from && byte <= to)))
    yield {
      check: 'checksum-place',
      place: `${place}/checksum/at`,
      message: `is ${places.join(' and ')}, where header, tail or what it is the sum of stands`,
      mend: 'correct it; bytes are counted from 0 with the header',
    };
  const isWide = places.length > 1;
  if (isWide !== (order !== undefined))
    yield {
      check: 'checksum-order',
      place: `${place}/checksum`,
      message: isWide ? `${checksum.kind} has two bytes and no order` : 'has an order, and one byte',
      mend: isWide ? 'add order: big or little' : 'remove order',
    };
}

function* sysexMistakes({ header = [], tail = [] }: BytePage, place: string): Mistakes {
  const inner = [...header.slice(1), ...tail.slice(0, -1)];
  if (header[0] !== 0xf0 || tail.at(-1) !== 0xf7 || inner.some((byte) => byte > 0x7f))
    yield {
      check: 'sysex-ends',
      place,
      message: 'is no SysEx message: that begins with F0, ends with F7 and has bytes of 7 bits between',
      mend: 'give it header: [0xf0, ...] and tail: [0xf7]',
    };
}

/** Whether bytes could be both pages. */
const lookAlike = (a: BytePage, b: BytePage) =>
  a.size === b.size && (a.header ?? []).every((byte, i) => b.header?.[i] === undefined || b.header[i] === byte);

function* ambiguous(read: readonly (readonly [string, BytePage])[]): Mistakes {
  for (const [i, [name, page]] of read.entries()) {
    const other = read.slice(0, i).find(([, before]) => lookAlike(before, page));
    if (other)
      yield {
        check: 'page-ambiguous',
        place: `/pages/${name}`,
        message: `looks like page ${other[0]}: both are read, of one size and with the same header`,
        mend: 'give each the header that tells them apart',
      };
  }
}
