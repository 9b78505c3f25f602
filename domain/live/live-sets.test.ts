import { setImmediate as nextTurn } from 'node:timers/promises';
import { AudioCloudError, type LiveRequest, type ParameterChange } from '@audiocloud/api';
import t from 'tap';
import type { Ack } from './live-sets.ts';
import { RequestQueue } from './request-queue.ts';

const set = (id: number, value: number, parameter = 'gain'): LiveRequest => ({
  type: 'set',
  id,
  changes: [{ instance: 'x', parameter, value }],
});
const midi = (id: number): LiveRequest => ({ type: 'midi', id, messages: [{ instance: 'x', bytes: [0x90, 60, 1] }] });
const ping = (id: number): LiveRequest => ({ type: 'ping', id });

/** A queue before an engine whose answers are given by hand; values over 100 are refused. */
function byHand() {
  const begun: string[] = [];
  const flying: { settle(frame: number): void; refuse(error: unknown): void }[] = [];
  const answers: unknown[] = [];
  /** The device answers. */
  const hardware = Promise.withResolvers<void>();
  const fly = (what: string): Promise<Ack> => {
    begun.push(what);
    const { promise, resolve, reject } = Promise.withResolvers<Ack>();
    flying.push({ settle: (frame) => resolve({ frame }), refuse: reject });
    return promise;
  };
  const queue = new RequestQueue({
    expand: ({ changes }) => changes,
    set: (changes: ParameterChange[]) => {
      if (changes.some(({ value }) => Number(value) > 100))
        return Promise.reject(new AudioCloudError('PARAMETER_VALUE', 'too much'));
      return fly(changes.map(({ parameter, value }) => `${parameter}=${value}`).join(' '));
    },
    carryOut: ({ type }) => fly(type),
    delivered: ({ changes: [change] }) =>
      change!.parameter === 'hardware'
        ? hardware.promise.then(() => [{ instance: 'x', parameter: 'hardware', index: 0, outcome: 'confirmed' }])
        : undefined,
    answer: (message) =>
      answers.push(
        message.type === 'ack'
          ? [message.id, message.frame, ...(message.delivered ?? []).map(({ outcome }) => outcome)]
          : [message.id, message.error.code],
      ),
    toBody: (thrown) => (thrown as AudioCloudError).toJSON(),
  });
  const take = (...requests: LiveRequest[]) => {
    for (const request of requests) void queue.take({ id: request.id, request });
  };
  return { queue, take, begun, flying, answers, hardware };
}

t.test('sets that came while one is under way go out together, each parameter with its last value', async (t) => {
  const { take, begun, flying, answers } = byHand();
  take(set(1, 1));
  await nextTurn();
  take(set(2, 2), set(3, 3, 'pan'));
  await nextTurn();
  take(set(4, 4));
  await nextTurn();
  t.same(begun, ['gain=1'], 'one at a time');
  flying[0]!.settle(100);
  await nextTurn();
  t.same(begun, ['gain=1', 'gain=4 pan=3']);
  t.same(answers, [[1, 100]]);
  flying[1]!.settle(200);
  await nextTurn();
  t.same(answers, [
    [1, 100],
    [2, 200],
    [3, 200],
    [4, 200],
  ]);
});

t.test('what came in one packet is one command', async (t) => {
  const { take, begun } = byHand();
  take(set(1, 1), set(2, 2), set(3, 3));
  await nextTurn();
  t.same(begun, ['gain=3']);
});

t.test('nothing overtakes: MIDI goes at once behind the sets before it, all else when they are answered', async (t) => {
  const { take, begun, flying, answers } = byHand();
  take(set(1, 1));
  await nextTurn();
  take(set(2, 2), midi(3), set(4, 4), ping(5), set(6, 6));
  await nextTurn();
  t.same(begun, ['gain=1', 'gain=2', 'midi', 'gain=4'], 'set 4 cannot wait for later ones, since a ping is behind it');
  for (const [i, one] of flying.entries()) one.settle(i);
  await nextTurn();
  t.same(begun.slice(4), ['ping']);
  t.same(
    answers.map((answer) => (answer as number[])[0]),
    [1, 2, 3, 4],
  );
  flying[4]!.settle(4);
  await nextTurn();
  t.same(begun.slice(5), ['gain=6']);
});

t.test('one that is refused takes nobody with it', async (t) => {
  const { take, flying, answers, begun } = byHand();
  take(set(1, 1), set(2, 200), set(3, 3));
  await nextTurn();
  t.same(begun, ['gain=3'], 'the last value is a good one');
  flying[0]!.settle(1);
  await nextTurn();
  take(set(4, 4), set(5, 500));
  await nextTurn();
  t.same(begun.slice(1), ['gain=4'], 'each for itself');
  flying[1]!.settle(2);
  await nextTurn();
  t.same(answers.slice(3), [
    [4, 2],
    [5, 'PARAMETER_VALUE'],
  ]);
});

t.test('an engine that is away is told to each, once', async (t) => {
  const { take, flying, answers } = byHand();
  take(set(1, 1), set(2, 2));
  await nextTurn();
  flying[0]!.refuse(new AudioCloudError('ENGINE_UNAVAILABLE', 'away'));
  await nextTurn();
  t.same(answers, [
    [1, 'ENGINE_UNAVAILABLE'],
    [2, 'ENGINE_UNAVAILABLE'],
  ]);
  t.equal(flying.length, 1);
});

t.test('the answer to a set of hardware waits for the device, and holds up no other', async (t) => {
  const { queue, take, begun, flying, answers, hardware } = byHand();
  take(set(1, 1, 'hardware'), ping(2));
  await nextTurn();
  flying[0]!.settle(100);
  await nextTurn();
  t.same(begun, ['hardware=1', 'ping']);
  flying[1]!.settle(200);
  await nextTurn();
  t.same(answers, [[2, 200]]);
  t.equal(queue.waiting, 1);
  hardware.resolve();
  await nextTurn();
  t.same(answers, [
    [2, 200],
    [1, 100, 'confirmed'],
  ]);
  t.equal(queue.waiting, 0);
});
