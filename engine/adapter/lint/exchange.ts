import type { AwaitedAnswer, Carries, Driver, Poll, Question } from '@audiocloud/api';
import type { Mistakes } from './lint-checks.ts';

const AWAITED: Record<'line' | 'page' | 'osc' | 'request', readonly Carries[]> = {
  line: ['stream'],
  page: ['packets', 'stream', 'midi'],
  osc: ['osc'],
  request: ['requests'],
};
const POLLED = { ...AWAITED, bytes: ['packets', 'stream', 'midi'] as readonly Carries[] };

/** The ways of a table that something has. */
const waysOf = <K extends string>(ways: Readonly<Record<K, unknown>>, given: object): K[] =>
  (Object.keys(ways) as K[]).filter((way) => (given as Record<string, unknown>)[way] !== undefined);

/** Mistakes of answers that are awaited, of polls, and of silence. [any] */
export function* exchangeMistakes(driver: Driver, carries: Carries | undefined): Mistakes {
  if (driver.await) yield* awaitMistakes(driver.await, driver, carries, '/await');
  for (const [i, poll] of (driver.polling ?? []).entries()) {
    yield* pollMistakes(poll, driver, carries, `/polling/${i}`);
    if (poll.await) yield* awaitMistakes(poll.await, driver, carries, `/polling/${i}/await`);
  }
  const periods = (driver.polling ?? []).map(({ everyMs }) => everyMs);
  // A MIDI device goes on by itself with active sensing.
  if (
    carries !== 'midi' &&
    driver.lostAfterMs !== undefined &&
    periods.length &&
    driver.lostAfterMs <= Math.min(...periods)
  )
    yield {
      check: 'lost-too-soon',
      place: '/lostAfterMs',
      message: `is ${driver.lostAfterMs} ms, and the device is asked every ${Math.min(...periods)} ms: it may say nothing between`,
      mend: 'make it at least twice the shortest period of polling',
    };
}

function* awaitMistakes(
  answer: AwaitedAnswer,
  { pages = {} }: Driver,
  carries: Carries | undefined,
  place: string,
): Mistakes {
  const ways = waysOf(AWAITED, answer);
  const [way] = ways;
  if (!way || ways.length > 1 || (carries && !AWAITED[way].includes(carries)))
    return yield {
      check: 'await-way',
      place: way && ways.length === 1 ? `${place}/${way}` : place,
      message: ways.length === 1 ? `the adapter has no ${way}` : `has ${ways.join(' and ') || 'no answer to wait for'}`,
      mend: `write one of ${(Object.keys(AWAITED) as (keyof typeof AWAITED)[]).filter((one) => !carries || AWAITED[one].includes(carries)).join(', ')}`,
    };
  for (const key of way === 'page' ? (['page', 'refused'] as const) : []) {
    const name = answer[key];
    if (name !== undefined && (pages[name]?.use ?? 'write') === 'write')
      yield {
        check: 'await-page',
        place: `${place}/${key}`,
        message: `page ${name} is ${Object.hasOwn(pages, name) ? 'for write' : 'not declared'}`,
        mend: 'name a page with use: read',
      };
  }
}

function* pollMistakes(poll: Poll, driver: Driver, carries: Carries | undefined, place: string): Mistakes {
  yield* questionMistakes(poll, driver, carries, place);
  if (!Object.keys(driver.reports).length && !poll.await)
    yield {
      check: 'poll-unread',
      place,
      message: 'asks the device, and the driver has no reports to read its answer',
      mend: 'remove it, add reports, or give it await',
    };
}

/** Mistakes of what is asked of a device. [any] */
export function* questionMistakes(
  question: Question,
  driver: Driver,
  carries: Carries | undefined,
  place: string,
): Mistakes {
  const ways = waysOf(POLLED, question);
  const [way] = ways;
  if (!way || ways.length > 1 || (carries && !POLLED[way].includes(carries)))
    yield {
      check: 'poll-way',
      place: way && ways.length === 1 ? `${place}/${way}` : place,
      message: ways.length === 1 ? `the adapter has no ${way}` : `has ${ways.join(' and ') || 'nothing to send'}`,
      mend: `write one of ${(Object.keys(POLLED) as (keyof typeof POLLED)[]).filter((one) => !carries || POLLED[one].includes(carries)).join(', ')}`,
    };
  const { page } = question;
  if (page !== undefined && (driver.pages?.[page]?.use ?? (driver.pages?.[page] ? 'write' : 'read')) === 'read')
    yield {
      check: 'poll-page',
      place: `${place}/page`,
      message: `page ${page} is ${driver.pages?.[page] ? 'for read' : 'not declared'}`,
      mend: 'name a page that is written',
    };
}
