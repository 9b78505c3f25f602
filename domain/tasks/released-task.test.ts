import type { ParameterChange } from '@audiocloud/api';
import t, { type Test } from 'tap';
import { RackDomain } from '../testing/rack-domain.ts';

const UNIT = 'test:preamp:one';
const knob = (value: number): ParameterChange => ({ instance: 'preamp', parameter: 'gainDb', value });

/** A task that nobody plays or follows. */
async function unused(t: Test) {
  const domain = await RackDomain.open(t, [UNIT]);
  await domain.create('a', UNIT);
  const task = await domain.tasks.active('a');
  /** So much time goes by that it would be let go. */
  const longTime = async () => {
    domain.clock.jump(120_000);
    await domain.advance(5_000);
  };
  const isOnEngine = () => domain.rack.tasks.has(task.engineTask);
  const read = async () => (await domain.tasks.get('a')).task.instances!['preamp']!.parameters;
  return { domain, task, longTime, isOnEngine, read };
}

t.test('a task is not let go while its engine is slow to take a value, and is once that is stored', async (t) => {
  const { domain, task, longTime, isOnEngine, read } = await unused(t);
  const awake = Promise.withResolvers<void>();
  domain.rack.until = awake.promise;
  const set = task.set([knob(15)]);
  await longTime();
  awake.resolve();
  await set;
  await domain.advance(250);
  t.equal(isOnEngine(), true);
  await longTime();
  t.equal(isOnEngine(), false);
  t.same(await read(), { gainDb: 15 });
});

t.test('a task is not let go while a value of it is being written, and is once that went well', async (t) => {
  const { domain, task, longTime, isOnEngine, read } = await unused(t);
  const disk = Promise.withResolvers<void>();
  domain.faults.until = disk.promise;
  await task.set([knob(15)]);
  await domain.advance(250);
  await longTime();
  t.equal(isOnEngine(), true);
  domain.faults.store.push(new Error('the disk is full'));
  disk.resolve();
  await domain.advance(500);
  await longTime();
  t.equal(isOnEngine(), false);
  t.same(await read(), { gainDb: 15 });
});
