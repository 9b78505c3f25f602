import type { LiveEvent, ParameterChange } from '@audiocloud/api';
import t, { type Test } from 'tap';
import { RackDomain } from '../testing/rack-domain.ts';

const UNIT = 'test:preamp:one';
const knob = (value: number): ParameterChange => ({ instance: 'preamp', parameter: 'gainDb', value });

/** A task whose record is being stored, on a disk that takes its time. */
async function storing(t: Test) {
  const domain = await RackDomain.open(t, [UNIT]);
  await domain.create('a', UNIT);
  const task = await domain.tasks.active('a');
  const told: LiveEvent[] = [];
  const nothing = () => undefined;
  const event = (event: LiveEvent) => void told.push(event);
  task.follow({ event, meters: nothing, counters: nothing, replaced: nothing, loaded: nothing });
  const stored = Promise.withResolvers<void>();
  domain.faults.until = stored.promise;
  await task.set([knob(15)]);
  await domain.advance(250);
  const ends = () => ({
    record: task.record.graph.instances!['preamp']!.parameters,
    engine: domain.rack.tasks.get(task.engineTask)!.graph.instances!['preamp']!.parameters,
    told: told.map(({ type }) => type).filter((type) => type !== 'state'),
  });
  return { domain, task, stored, ends };
}

t.test('a value set behind an edit that is being stored is what record, engine and followers end with', async (t) => {
  const { domain, task, stored, ends } = await storing(t);
  const edit = task.edit([{ op: 'set', ...knob(20) }]);
  await domain.advance(5);
  const set = task.set([knob(30)]);
  await domain.advance(5);
  t.same(ends().engine, { gainDb: 30 });
  stored.resolve();
  await Promise.all([edit, set]);
  t.same(ends(), { record: { gainDb: 30 }, engine: { gainDb: 30 }, told: ['changed', 'edited', 'changed'] });
});

t.test('it stays also when the edit is not stored in the end', async (t) => {
  const { domain, task, stored, ends } = await storing(t);
  const edit = task.edit([{ op: 'set', ...knob(20) }]);
  await domain.advance(5);
  const set = task.set([knob(30)]);
  await domain.advance(5);
  // Of the knob, then of the edit.
  domain.faults.store.push(new Error('the disk is full'), new Error('the disk is full'));
  stored.resolve();
  await t.rejects(edit, { message: 'the disk is full' });
  await set;
  await domain.advance(50);
  t.same(ends(), { record: { gainDb: 30 }, engine: { gainDb: 30 }, told: ['changed', 'changed'] });
});
