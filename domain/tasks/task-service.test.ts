import t from 'tap';
import type { Engine } from '../engine/engine.ts';
import { RackDomain } from '../testing/rack-domain.ts';

const UNIT = 'test:preamp:one';

t.test(
  'a deleted task is found by nobody while its engine gives it up, and one made anew meanwhile stays',
  async (t) => {
    const domain = await RackDomain.open(t, [UNIT]);
    await domain.create('a', UNIT);
    const deleted = await domain.tasks.active('a');
    const begun = Promise.withResolvers<void>();
    const given = Promise.withResolvers<void>();
    const { command } = domain.rack;
    const slow: Engine['command'] = async (type, body) => {
      const answer = await command(type, body);
      if (type !== 'unload') return answer;
      begun.resolve();
      await given.promise;
      return answer;
    };
    Object.assign(domain.rack, { command: slow });
    const removed = domain.tasks.remove('a');
    await begun.promise;
    await t.rejects(domain.tasks.active('a'), { code: 'TASK_UNKNOWN' });
    await t.rejects(domain.tasks.get('a'), { code: 'TASK_UNKNOWN' });
    await domain.create('a', UNIT);
    const anew = await domain.tasks.active('a');
    t.not(anew, deleted);
    given.resolve();
    await removed;
    t.equal(await domain.tasks.active('a'), anew);
  },
);
