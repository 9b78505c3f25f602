import type { Test } from 'tap';
import type { ListRange, Store } from './store.ts';

/**
 * What every store must pass.
 *
 * open: gives the store in the place named, with what was written there before.
 */
export function storeSuite(t: Test, open: (place: string) => Promise<Store> | Store): void {
  t.test('a key that was never put is absent', async (t) => {
    const store = await open('absent');
    t.equal(await store.get('a'), undefined);
    t.equal(await store.delete('a'), false);
    t.same(await store.list(''), []);
    await store.close();
  });

  t.test('put gives back the value and revisions that rise', async (t) => {
    const store = await open('put');
    const value = { text: 'äöü 𝄞 "quoted"', list: [1, 2.5, null, true], nested: { empty: {} } };
    const first = await store.put('a', value);
    t.same(await store.get('a'), { key: 'a', value, revision: first });
    const second = await store.put('a', 2);
    const other = await store.put('b', 3);
    t.ok(first >= 1 && first < second && second < other, 'one count for the whole store');
    t.same(await store.get('a'), { key: 'a', value: 2, revision: second });
    await store.close();
  });

  t.test('a changed value that was put does not change the stored one', async (t) => {
    const store = await open('copy');
    const value = { list: [1] };
    await store.put('a', value);
    value.list.push(2);
    t.same((await store.get('a'))?.value, { list: [1] });
    await store.close();
  });

  t.test('put with an expected revision refuses any other, and changes nothing', async (t) => {
    const store = await open('expected');
    const first = await store.put('a', 1, 0);
    await t.rejects(store.put('a', 2, 0), { code: 'REVISION_CONFLICT' });
    const second = await store.put('a', 3, first);
    await t.rejects(store.put('a', 4, first), { code: 'REVISION_CONFLICT' });
    await t.rejects(store.put('new', 5, second), { code: 'REVISION_CONFLICT' });
    t.same(await store.get('a'), { key: 'a', value: 3, revision: second });
    t.equal(await store.get('new'), undefined);
    await store.close();
  });

  t.test('delete with an expected revision refuses any other', async (t) => {
    const store = await open('delete');
    const revision = await store.put('a', 1);
    await t.rejects(store.delete('a', revision + 1), { code: 'REVISION_CONFLICT' });
    t.equal((await store.get('a'))?.value, 1);
    t.equal(await store.delete('a', revision), true);
    t.equal(await store.get('a'), undefined);
    await store.close();
  });

  t.test('a key made again after it was deleted has a new revision', async (t) => {
    const store = await open('again');
    const first = await store.put('a', 1);
    await store.delete('a');
    const again = await store.put('a', 1);
    t.ok(again > first, `${again} > ${first}`);
    await t.rejects(store.put('a', 2, first), { code: 'REVISION_CONFLICT' });
    await store.close();
  });

  t.test('of many that race with one expected revision exactly one wins', async (t) => {
    const store = await open('race');
    const revision = await store.put('a', 'before');
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, racer) => store.put('a', racer, revision).then(() => racer)),
    );
    const winners = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
    t.equal(winners.length, 1);
    t.equal((await store.get('a'))?.value, winners[0]);
    await store.close();
  });

  t.test('list gives what begins with the prefix, ordered by key', async (t) => {
    const store = await open('list');
    for (const key of ['task/b', 'task/a', 'task/A', 'task', 'tasks/a', 'task/a/1', 'task0', 'ta%k/a', 'task/ü'])
      await store.put(key, key);
    t.same(
      (await store.list('task/')).map(({ key }) => key),
      ['task/A', 'task/a', 'task/a/1', 'task/b', 'task/ü'],
    );
    t.same(
      (await store.list('ta%')).map(({ value }) => value),
      ['ta%k/a'],
    );
    t.equal((await store.list('')).length, 9);
    await store.close();
  });

  t.test('watch tells changes below its prefix in order, until it is ended', async (t) => {
    const store = await open('watch');
    const seen: [string, unknown][] = [];
    const end = store.watch('a/', ({ key, value }) => seen.push([key, value]));
    await store.put('a/1', 1);
    await store.put('b/1', 1);
    await store.put('a/1', 2);
    await t.rejects(store.put('a/1', 3, 0));
    await store.delete('a/1');
    await store.delete('a/none');
    await store.put('b/2', 1);
    t.same(seen, [
      ['a/1', 1],
      ['a/1', 2],
      ['a/1', undefined],
    ]);
    end();
    await store.put('a/2', 1);
    t.equal(seen.length, 3);
    await store.close();
  });

  t.test('list gives a part, from either end', async (t) => {
    const store = await open('part');
    for (const name of ['a', 'b', 'c', 'd', 'e']) await store.put(`part/${name}`, name);
    await store.put('parts', 0);
    const names = async (range: ListRange) => (await store.list('part/', range)).map(({ value }) => value).join('');
    t.equal(await names({ limit: 2 }), 'ab');
    t.equal(await names({ after: 'part/b' }), 'cde');
    t.equal(await names({ after: 'part/b', limit: 2 }), 'cd');
    t.equal(await names({ after: 'part/bb', limit: 1 }), 'c', 'behind a key that is not there');
    t.equal(await names({ after: 'part/e' }), '');
    t.equal(await names({ isDescending: true, limit: 2 }), 'ed');
    t.equal(await names({ isDescending: true, after: 'part/c' }), 'ba');
    await store.close();
  });

  t.test('write makes all changes in their order, and tells them', async (t) => {
    const store = await open('write');
    const kept = await store.put('kept', 1);
    const seen: unknown[] = [];
    store.watch('', ({ key, value }) => seen.push([key, value]));
    const revisions = await store.write([
      { key: 'a', value: 1, expected: 0 },
      { key: 'kept', expected: kept },
      { key: 'none' },
      { key: 'a', value: 2 },
    ]);
    t.equal(revisions.length, 4);
    t.ok(revisions[0]! > kept && revisions[3]! > revisions[0]!, `${revisions}`);
    t.same([revisions[1], revisions[2]], [kept, 0]);
    t.same(await store.get('a'), { key: 'a', value: 2, revision: revisions[3] });
    t.equal(await store.get('kept'), undefined);
    t.same(seen, [
      ['a', 1],
      ['kept', undefined],
      ['a', 2],
    ]);
    t.same(await store.write([]), []);
    await store.close();
  });

  t.test('write of which one change is refused makes none, and tells none', async (t) => {
    const store = await open('refused');
    const revision = await store.put('a', 1);
    const seen: string[] = [];
    store.watch('', ({ key }) => seen.push(key));
    const refused = store.write([{ key: 'b', value: 1 }, { key: 'a' }, { key: 'c', value: 1, expected: revision }]);
    await t.rejects(refused, { code: 'REVISION_CONFLICT' });
    t.same(await store.list(''), [{ key: 'a', value: 1, revision }]);
    t.same(seen, []);
    await store.close();
  });

  t.test('what was put is there when the store is opened again', async (t) => {
    const before = await open('durable');
    const revision = await before.put('a', { kept: true });
    await before.put('b', 1);
    await before.delete('b');
    await before.close();
    const after = await open('durable');
    t.same(await after.get('a'), { key: 'a', value: { kept: true }, revision });
    t.equal(await after.get('b'), undefined);
    t.ok((await after.put('c', 1)) > revision + 1, 'revisions go on');
    await after.close();
  });
}
