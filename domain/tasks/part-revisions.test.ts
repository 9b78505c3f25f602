import { applyEdits, type GraphEdit, type Task } from '@audiocloud/api';
import t from 'tap';
import { type PartRevisions, partRevision, revisionsAfter } from './part-revisions.ts';

const task: Task = {
  sampleRate: 48000,
  instances: { a: { model: 'm:a' }, b: { model: 'm:b' } },
  connections: { ab: { from: { node: 'a' }, to: { node: 'b' } } },
};

/** A graph that is edited again and again, as a task is. */
function edited(revisions: PartRevisions | undefined) {
  const now = { graph: task, revisions, revision: 1 };
  return {
    edit(...edits: GraphEdit[]) {
      const next = applyEdits(now.graph, edits, () => [0]);
      now.revision += 1;
      now.revisions = revisionsAfter(now.revisions, now.graph, next, now.revision);
      now.graph = next;
    },
    of: (part: 'instances' | 'connections' | 'sinks', name: string) => partRevision(now.revisions, part, name),
    get changed() {
      return now.revisions?.changed;
    },
  };
}
const put = (name: string): GraphEdit => ({ op: 'put', part: 'instances', name, value: { model: 'm:a' } });

t.test('what an edit puts or sets has the revision of the edit, the rest keeps its own', async (t) => {
  const graph = edited(undefined);
  t.same([graph.of('instances', 'a'), graph.of('connections', 'ab')], [1, 1]);
  graph.edit(put('c'));
  graph.edit({ op: 'set', instance: 'a', parameter: 'x', value: 1 });
  graph.edit({ op: 'loop', loop: null });
  t.same(
    ['a', 'b', 'c'].map((name) => graph.of('instances', name)),
    [3, 1, 2],
  );
  t.equal(graph.of('connections', 'ab'), 1);
});

t.test('what was removed and put again never has a revision of before, and leaves nothing behind', async (t) => {
  const graph = edited({ whole: 7 });
  t.equal(graph.of('instances', 'a'), 7);
  graph.edit(put('a'));
  graph.edit({ op: 'remove', part: 'instances', name: 'a' });
  t.same(graph.changed, { instances: {}, connections: {} }, 'its connections went with it');
  graph.edit(put('a'));
  t.equal(graph.of('instances', 'a'), 4);
  for (let i = 0; i < 20; i++) {
    graph.edit(put(`x${i}`));
    graph.edit({ op: 'remove', part: 'instances', name: `x${i}` });
  }
  t.same(Object.keys(graph.changed?.instances ?? {}), ['a']);
});

t.test('names that objects have by themselves are names like others', async (t) => {
  const graph = edited(undefined);
  for (const name of ['constructor', 'toString']) {
    t.equal(graph.of('instances', name), 1);
    graph.edit(put(name));
  }
  t.same([graph.of('instances', 'constructor'), graph.of('instances', 'toString')], [2, 3]);
  t.equal(graph.of('sinks', 'constructor'), 1);
});
