import t from 'tap';
import { byteRange, isMatched } from './byte-range.ts';

t.test('a range is read as RFC 9110 says', async (t) => {
  const of = (header: string | undefined, size = 1000) => byteRange(header, size);
  t.same(of('bytes=0-499'), { first: 0, last: 499 });
  t.same(of('bytes=500-'), { first: 500, last: 999 });
  t.same(of('bytes=-200'), { first: 800, last: 999 });
  t.same(of('bytes=-5000'), { first: 0, last: 999 }, 'more than there is: all of it');
  t.same(of('bytes=990-5000'), { first: 990, last: 999 });
  t.same(of('BYTES=0-0'), { first: 0, last: 0 });
});

t.test('what is not there is said; what is no range is ignored', async (t) => {
  for (const header of ['bytes=1000-', 'bytes=1000-1001', 'bytes=-0']) t.equal(byteRange(header, 1000), 'none', header);
  for (const header of [
    undefined,
    '',
    'bytes',
    'bytes=',
    'bytes=-',
    'bytes=5-4',
    'bytes=0-1,5-6',
    'frames=0-1',
    'bytes=a-b',
    `bytes=${'9'.repeat(16)}-`,
  ])
    t.equal(byteRange(header, 1000), undefined, header ?? 'none');
  t.equal(byteRange('bytes=0-0', 0), 'none', 'an empty file has no bytes');
});

t.test('an entity tag is found in a list, also a weak one', async (t) => {
  t.ok(isMatched('"a"', '"a"'));
  t.ok(isMatched('"b", W/"a"', '"a"'));
  t.ok(isMatched('*', '"a"'));
  t.notOk(isMatched('"b"', '"a"'));
  t.notOk(isMatched(undefined, '"a"'));
});
