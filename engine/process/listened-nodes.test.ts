import t from 'tap';
import { ListenedNodes } from './listened-nodes.ts';

t.test('the first listener of a node and the last one make a difference', async (t) => {
  const nodes = new ListenedNodes();
  t.equal(nodes.count('a', 'eq', 1), true);
  t.equal(nodes.count('a', 'eq', 1), false);
  t.equal(nodes.count('a', 'main', 1), true);
  t.equal(nodes.count('b', 'eq', 1), true, 'of another task');
  t.same([...nodes.of('a')], ['eq', 'main']);
  t.equal(nodes.count('a', 'eq', -1), false);
  t.equal(nodes.count('a', 'eq', -1), true);
  t.same([...nodes.of('a')], ['main']);
  t.same([...nodes.of('b')], ['eq']);
  t.equal(nodes.count('a', 'main', -1), true);
  t.same([...nodes.of('a')], []);
});
