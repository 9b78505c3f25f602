import t from 'tap';
import { DeviceQueue } from './device-queue.ts';

/** A device that takes each write when it is told to. */
function slowDevice() {
  const written: number[] = [];
  const open: PromiseWithResolvers<Error | undefined>[] = [];
  const failures: string[] = [];
  const queue = new DeviceQueue<Uint8Array>(
    (bytes) => {
      written.push(bytes[0]!);
      open.push(Promise.withResolvers());
      return open.at(-1)!.promise;
    },
    (error) => failures.push(error.message),
  );
  return { queue, written, open, failures, settle: () => new Promise((resolve) => setImmediate(resolve)) };
}
const byte = (value: number) => Uint8Array.of(value);

t.test('one write at a time; of what waits the last of each key, in the order of asking', async (t) => {
  const { queue, written, open, settle } = slowDevice();
  const answered: string[] = [];
  const push = (key: string, value: number) => queue.push(key, byte(value)).then(() => answered.push(`${key}${value}`));
  const all = Promise.all([push('a', 1), push('a', 2), push('b', 3), push('a', 4), push('c', 5)]);
  t.same(written, [1]);
  open[0]!.resolve(undefined);
  await settle();
  t.same(written, [1, 3]);
  t.same(answered, ['a1']);
  open[1]!.resolve(undefined);
  await settle();
  t.same(written, [1, 3, 4]);
  t.same(answered, ['a1', 'b3'], 'a2 waits for what took its place');
  open[2]!.resolve(undefined);
  await settle();
  open[3]!.resolve(undefined);
  await all;
  t.same(written, [1, 3, 4, 5]);
  t.same(answered, ['a1', 'b3', 'a2', 'a4', 'c5']);
});

t.test('a failed write ends the queue: all that waits is refused with the cause', async (t) => {
  const { queue, written, open, failures } = slowDevice();
  const refused = ['a', 'b', 'c'].map((key, i) => t.rejects(queue.push(key, byte(i)), { message: 'cable cut' }));
  open[0]!.reject(new Error('cable cut'));
  await Promise.all(refused);
  await t.rejects(queue.push('d', byte(9)), { message: 'cable cut' });
  t.same(written, [0]);
  t.same(failures, ['cable cut']);
});

t.test('a refused item fails alone; the queue goes on', async (t) => {
  const { queue, written, open, failures } = slowDevice();
  const refused = t.rejects(queue.push('a', byte(1)), { message: 'not that' });
  const next = queue.push('b', byte(2));
  open[0]!.resolve(new Error('not that'));
  await refused;
  open[1]!.resolve(undefined);
  await next;
  t.same(written, [1, 2]);
  t.same(failures, []);
});
