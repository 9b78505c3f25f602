import fc from 'fast-check';
import t from 'tap';
import { pageOf, sortedPageOf } from './paging.ts';

const keyOf = (key: string) => key;

t.test('pages have what is asked for, and say where it goes on', async (t) => {
  const letters = ['a', 'b', 'c', 'd'];
  t.same(pageOf(letters, keyOf, { limit: '2' }), { items: ['a', 'b'], next: 'b' });
  t.same(pageOf(letters, keyOf, { limit: '2', after: 'b' }), { items: ['c', 'd'] }, 'the last one, though it is full');
  t.same(pageOf(letters, keyOf, { after: 'bb' }), { items: ['c', 'd'] }, 'behind a key that is gone');
  t.same(pageOf(letters, keyOf, { after: 'z' }), { items: [] });
  t.same(
    pageOf(letters, keyOf, { limit: '1' }, (letter) => letter > 'b'),
    { items: ['c'], next: 'c' },
  );
  t.same(
    pageOf(letters, keyOf, { limit: '2' }, (letter) => letter < 'c'),
    { items: ['a', 'b'] },
    'nothing more is wanted',
  );
});

t.test('page after page is the whole list, in its order, each item once', async () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string({ minLength: 1 })), fc.integer({ min: 1, max: 7 }), (keys, limit) => {
      const found: string[] = [];
      for (let after: string | undefined; ; ) {
        const page = sortedPageOf(keys, keyOf, { limit: String(limit), ...(after ? { after } : {}) }, (k) => k !== 'x');
        if (page.items.length > limit) throw new Error('more than the limit');
        found.push(...page.items);
        after = page.next;
        if (after === undefined) break;
      }
      const whole = keys.filter((key) => key !== 'x').sort();
      if (JSON.stringify(found) !== JSON.stringify(whole)) throw new Error(`${found} instead of ${whole}`);
    }),
    { seed: 5 },
  );
});
