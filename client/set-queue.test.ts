import type { ParameterChange } from '@audiocloud/api';
import { AudioCloudError } from '@audiocloud/api';
import t from 'tap';
import { SetQueue } from './set-queue.ts';

const gain = (value: number, index?: number): ParameterChange => ({
  instance: 'a',
  parameter: 'gain',
  value,
  ...(index === undefined ? {} : { index }),
});

/** A queue whose requests are answered by hand. */
function byHand() {
  const sent: { changes: ParameterChange[]; answer(): void; refuse(error: unknown): void }[] = [];
  const queue = new SetQueue<number>((changes) => {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const number = sent.length;
    sent.push({ changes, answer: () => resolve(number), refuse: reject });
    return promise;
  });
  return { queue, sent };
}
const settled = () => new Promise((resolve) => setImmediate(resolve));

t.test('one request of a parameter in flight; of what comes meanwhile the last goes out', async (t) => {
  const { queue, sent } = byHand();
  const answers = [1, 2, 3, 4].map((value) => queue.set(gain(value)));
  t.same(
    sent.map(({ changes }) => changes),
    [[gain(1)]],
  );
  t.equal(queue.pending('a', 'gain', 0)?.value, 4);
  sent[0]!.answer();
  await settled();
  t.same(sent[1]!.changes, [gain(4)]);
  sent[1]!.answer();
  t.same(await Promise.all(answers), [0, 1, 1, 1], 'each resolves with the request that carried it or a later value');
  t.equal(queue.pending('a', 'gain', 0), undefined);
});

t.test('parameters do not wait for each other', (t) => {
  const { queue, sent } = byHand();
  void queue.set(gain(1));
  void queue.set({ ...gain(2), parameter: 'pan' });
  void queue.set({ ...gain(3), instance: 'b' });
  t.equal(sent.length, 3);
  t.end();
});

t.test('channels are kept apart, and a value for all replaces them', async (t) => {
  const { queue, sent } = byHand();
  void queue.set(gain(0));
  void queue.set(gain(1, 0));
  void queue.set(gain(2, 1));
  void queue.set(gain(3, 0));
  t.same(
    [0, 1, 2].map((index) => queue.pending('a', 'gain', index)?.value),
    [3, 2, 0],
  );
  sent[0]!.answer();
  await settled();
  t.same(sent[1]!.changes, [gain(2, 1), gain(3, 0)]);
  void queue.set(gain(4, 0));
  void queue.set(gain(5));
  sent[1]!.answer();
  await settled();
  t.same(sent[2]!.changes, [gain(5)]);
});

t.test('a refused value is told to who set it, and later ones go on', async (t) => {
  const { queue, sent } = byHand();
  const first = queue.set(gain(999));
  const second = queue.set(gain(1));
  sent[0]!.refuse(new AudioCloudError('PARAMETER_VALUE', 'too loud'));
  await t.rejects(first, { code: 'PARAMETER_VALUE' });
  sent[1]!.answer();
  t.equal(await second, 1);
});

t.test('after a drop what was in flight goes out again, unless there is something newer', async (t) => {
  const { queue, sent } = byHand();
  const lost = new AudioCloudError('CONNECTION_LOST', 'gone');
  const answers = [queue.set(gain(1, 0)), queue.set(gain(2, 1)), queue.set(gain(3, 1))];
  sent[0]!.refuse(lost);
  await settled();
  answers.push(queue.set(gain(4, 2)));
  t.equal(sent.length, 1, 'nothing is sent while there is no connection');
  queue.resend();
  t.same(sent[1]!.changes, [gain(1, 0), gain(3, 1), gain(4, 2)]);
  sent[1]!.answer();
  t.same(await Promise.all(answers), [1, 1, 1, 1]);
});

t.test('what is known to have landed does not go out again', async (t) => {
  const { queue, sent } = byHand();
  const lost = new AudioCloudError('CONNECTION_LOST', 'gone');
  const [first, second] = [queue.set(gain(1)), queue.set({ ...gain(2), parameter: 'pan' })];
  const third = queue.set({ ...gain(3), parameter: 'pan' });
  for (const { refuse } of sent) refuse(lost);
  await settled();
  queue.landed([gain(1), { ...gain(9), parameter: 'pan' }], 77);
  t.equal(await first, 77);
  queue.resend();
  t.same(
    sent.slice(2).map(({ changes }) => changes),
    [[{ ...gain(3), parameter: 'pan' }]],
    'another value of the same parameter is not it',
  );
  sent[2]!.answer();
  t.same(await Promise.all([second, third]), [2, 2]);
  void queue.set(gain(5));
  t.same(sent[3]!.changes, [gain(5)], 'and the parameter can be set again');
});

t.test('fail ends what waits', async (t) => {
  const { queue } = byHand();
  const answers = [queue.set(gain(1)), queue.set(gain(2))];
  queue.fail(new AudioCloudError('CONNECTION_LOST', 'closed'));
  for (const answer of answers) await t.rejects(answer, { code: 'CONNECTION_LOST' });
});
