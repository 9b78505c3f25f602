import t from 'tap';
import { sharedTestDomain, toneTask } from '../testing/test-domain.ts';

const domain = await sharedTestDomain(t);

t.test('over the wire: one knob turns another one, and everybody is told of both', async (t) => {
  const links = {
    both: {
      members: [
        { instance: 'gain', parameter: 'gain' },
        { instance: 'tone', parameter: 'level', from: 1, to: 0 },
      ],
    },
  };
  await domain.create('linked', { ...toneTask, links });
  const [one, other] = [await domain.live('linked'), await domain.live('linked')];
  await one.ack({ type: 'transport', change: { play: true } });
  await one.ack({ type: 'set', changes: [{ instance: 'gain', parameter: 'gain', value: 24 }] });
  const { changes } = await other.next('changed');
  t.same(
    changes.map(({ instance, parameter }) => `${instance}.${parameter}`),
    ['gain.gain', 'tone.level'],
  );
  const models = (await domain.call('GET', '/v1/models')).body.models;
  const { min } = models
    .find(({ id }: { id: string }) => id === 'audiocloud:tone')
    .parameters.find(({ id }: { id: string }) => id === 'level').range;
  t.equal(changes[1]!.value, min, 'the other end of its travel');
  const { body } = await domain.call('GET', '/v1/tasks/linked');
  t.match(body.task.instances, { gain: { parameters: { gain: 24 } }, tone: { parameters: { level: min } } });
  await one.ack({ type: 'edit', edits: [{ op: 'remove', part: 'links', name: 'both' }] });
  await one.ack({ type: 'set', changes: [{ instance: 'gain', parameter: 'gain', value: 0 }] });
  const place = other.messages.length;
  await one.ack({ type: 'set', changes: [{ instance: 'gain', parameter: 'gain', value: -1 }] });
  t.equal((await other.next('changed', undefined, place)).changes.length, 1, 'no more after the link is gone');
});
