import t from 'tap';
import { check, ModelList } from '@audiocloud/api';
import { sharedTestDomain } from '../testing/test-domain.ts';

const domain = await sharedTestDomain(t);

t.test('the models of the stock plugins are listed', async (t) => {
  const { status, body } = await domain.call('GET', '/v1/models');
  t.equal(status, 200);
  const ids = check(ModelList, body, 'models', 'MESSAGE_INVALID').models.map(({ id }) => id);
  for (const id of ['audiocloud:gain', 'audiocloud:tone']) t.ok(ids.includes(id), id);
});

t.test('models are found by maker, category and text, in pages', async (t) => {
  const ids = async (query: string) =>
    check(ModelList, (await domain.call('GET', `/v1/models?${query}`)).body, query, 'MESSAGE_INVALID').models.map(
      ({ id }) => id,
    );
  const all = await ids('');
  t.same(all, [...all].sort(), 'by id');
  t.same(await ids('maker=audiocloud'), all);
  t.same(await ids('maker=audio'), []);
  t.same(await ids('text=PARAMETRIC'), ['audiocloud:equalizer']);
  const filters = await ids('category=equalizer');
  t.ok(filters.includes('audiocloud:equalizer') && !filters.includes('audiocloud:gain'), filters.join());
  const paged: string[] = [];
  for (let after = ''; ; ) {
    const { models, next } = (await domain.call('GET', `/v1/models?limit=7${after}`)).body;
    paged.push(...models.map(({ id }: { id: string }) => id));
    if (next === undefined) break;
    after = `&after=${encodeURIComponent(next)}`;
  }
  t.same(paged, all);
});
