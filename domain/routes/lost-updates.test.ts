import t from 'tap';
import { sharedTestDomain, toneTask } from '../testing/test-domain.ts';

/*
 * Writers that all read, then all write what they made of it, over real connections: with If-Match one of them is let in, and
 * what it wrote is what the next ones read. A number is counted up in what they write; none of the counts may be lost.
 */
const WRITERS = 8;
const ROUNDS = 5;
const domain = await sharedTestDomain(t, 'a');
const instance = '/v1/tasks/a/graph/instances/gain';
const { instances, ...rest } = toneTask;
const named = (count: number) => ({ ...instances!['gain'], name: `${count}` });

/** How one thing is read, and written with one more. */
interface Counted {
  path: string;
  countOf(body: { task: typeof toneTask & { description?: string }; value: { name?: string } }): number;
  write(count: number): { method: string; path: string; body: unknown };
}
const ofTask: Counted['countOf'] = ({ task }) => Number(task.instances!['gain']!.name ?? 0);
const ways: { [name: string]: Counted } = {
  'the whole task': {
    path: '/v1/tasks/a',
    countOf: ofTask,
    write: (count) => ({
      method: 'PUT',
      path: '/v1/tasks/a',
      body: { ...rest, instances: { ...instances, gain: named(count) } },
    }),
  },
  edits: {
    path: '/v1/tasks/a',
    countOf: ofTask,
    write: (count) => ({
      method: 'POST',
      path: '/v1/tasks/a/edits',
      body: { edits: [{ op: 'put', part: 'instances', name: 'gain', value: named(count) }] },
    }),
  },
  'a part': {
    path: instance,
    countOf: ({ value }) => Number(value.name ?? 0),
    write: (count) => ({ method: 'PUT', path: instance, body: named(count) }),
  },
  'a patch of a part': {
    path: instance,
    countOf: ({ value }) => Number(value.name ?? 0),
    write: (count) => ({ method: 'PATCH', path: instance, body: { name: `${count}` } }),
  },
};

async function read({ path, countOf }: Counted) {
  const { headers, body } = await domain.call('GET', path);
  return { tag: headers.get('etag')!, count: countOf(body) };
}

async function countUp(way: Counted, { tag, count }: { tag: string; count: number }): Promise<number> {
  const { method, path, body } = way.write(count + 1);
  return (await domain.call(method, path, body, { 'if-match': tag })).status;
}

for (const [name, way] of Object.entries(ways)) {
  t.test(`${name}: of those who read the same, one writes`, async (t) => {
    for (let round = 0; round < ROUNDS; round++) {
      const seen = await Promise.all(Array.from({ length: WRITERS }, () => read(way)));
      t.equal(new Set(seen.map(({ tag }) => tag)).size, 1);
      const statuses = await Promise.all(seen.map((found) => countUp(way, found)));
      t.same(statuses.sort(), [200, ...Array(WRITERS - 1).fill(412)]);
      t.equal((await read(way)).count, seen[0]!.count + 1);
    }
  });

  t.test(`${name}: of those who try until they are let in, none is lost`, async (t) => {
    const { count } = await read(way);
    await Promise.all(
      Array.from({ length: WRITERS }, async () => {
        while ((await countUp(way, await read(way))) !== 200);
      }),
    );
    t.equal((await read(way)).count, count + WRITERS);
  });
}

t.test('writers of different parts do not get in the way of each other', async (t) => {
  const statuses = await Promise.all(
    Array.from({ length: WRITERS }, async (_, i) => {
      const path = `/v1/tasks/a/graph/buses/b${i}`;
      let { status, headers } = await domain.call('PUT', path, { inputChannels: 1 }, { 'if-none-match': '*' });
      for (let n = 2; n <= 4 && status === 200; n++)
        ({ status, headers } = await domain.call(
          'PUT',
          path,
          { inputChannels: n },
          { 'if-match': headers.get('etag')! },
        ));
      return status;
    }),
  );
  t.same(new Set(statuses), new Set([200]));
  const { task } = (await domain.call('GET', '/v1/tasks/a')).body;
  t.same(Object.values(task.buses), Array(WRITERS).fill({ inputChannels: 4 }));
});

t.test('of many who make one part, one does', async (t) => {
  const answers = await Promise.all(
    Array.from({ length: WRITERS }, (_, i) =>
      domain.call('PUT', '/v1/tasks/a/graph/buses/one', { inputChannels: i + 1 }, { 'if-none-match': '*' }),
    ),
  );
  t.same(answers.map(({ status }) => status).sort(), [200, ...Array(WRITERS - 1).fill(412)]);
  const winner = answers.find(({ status }) => status === 200)!;
  t.same((await domain.call('GET', '/v1/tasks/a/graph/buses/one')).body, winner.body);
});
