import type { DeclaredResources } from '@audiocloud/api';
import fc from 'fast-check';
import t from 'tap';
import type { EngineRoom } from './engine-room.ts';
import { hindranceOf, place, type Placing } from './place.ts';
import type { TaskNeeds } from './task-needs.ts';

const needs = (more: Partial<TaskNeeds> = {}): TaskNeeds => ({
  sampleRate: 48000,
  models: new Map([['audiocloud:gain', undefined]]),
  fixed: new Set(),
  anyFixed: new Set(),
  resources: {},
  ...more,
});
const room = (id: string, more: Partial<EngineRoom> = {}): EngineRoom => ({
  id,
  isThere: true,
  takesTasks: true,
  offer: {
    sampleRate: 48000,
    models: new Map([['audiocloud:gain', ['1.0.0']]]),
    fixed: new Set(),
    fixedModels: new Set(),
  },
  cpu: { limit: 0.9, claimed: [0], pending: 0 },
  tasks: 0,
  declared: {},
  used: {},
  ...more,
});
const offer = (more: Partial<NonNullable<EngineRoom['offer']>>) => ({ offer: { ...room('x').offer!, ...more } });
const load = (...claimed: number[]) => ({ cpu: { limit: 0.9, claimed, pending: 0 } });
const task = { task: 'song' };
const engineOf = (placing: Placing) => ('engine' in placing ? placing.engine : placing.refusal.code);
const refusalOf = (placing: Placing) => {
  if ('engine' in placing) throw new Error(`it was placed on ${placing.engine}`);
  return placing.refusal;
};

t.test(
  'the engine with the least load has it; of equals the one with fewer tasks, then where it was, then the first',
  async (t) => {
    t.equal(engineOf(place(needs(), [room('a', load(0.5)), room('b', load(0.2))], task)), 'b');
    t.equal(
      engineOf(place(needs(), [room('a', load(0.4)), room('b', load(0.4, 0.3))], task)),
      'b',
      'of all its threads',
    );
    t.equal(engineOf(place(needs(), [room('a', { tasks: 2 }), room('b', { tasks: 1 })], task)), 'b');
    t.equal(engineOf(place(needs(), [room('a'), room('b')], task)), 'a');
    t.equal(engineOf(place(needs(), [room('a'), room('b')], { ...task, before: 'b' })), 'b');
    t.equal(engineOf(place(needs(), [room('a', load(0.402)), room('b', load(0.4))], task)), 'a', 'no difference');
  },
);

t.test('what is not there, or was never reached, comes last', async (t) => {
  const away = { isThere: false };
  t.equal(engineOf(place(needs(), [room('a', away), room('b', load(0.8))], task)), 'b');
  t.equal(engineOf(place(needs(), [room('a', { ...away, offer: undefined }), room('b', away)], task)), 'b');
  t.equal(engineOf(place(needs(), [room('a', { ...away, offer: undefined })], task)), 'a', 'a task waits for it');
});

t.test('sample rate, models, versions and fixed instances that one engine has decide', async (t) => {
  const rooms = [room('a'), room('b', { ...load(0.8), ...offer({ sampleRate: 96000, fixed: new Set(['x:y:one']) }) })];
  t.equal(engineOf(place(needs({ sampleRate: 96000 }), rooms, task)), 'b');
  t.equal(engineOf(place(needs({ fixed: new Set(['x:y:one']), sampleRate: 44100 }), rooms, task)), 'b');
  const rack = room('b', { ...load(0.8), ...offer({ fixedModels: new Set(['x:y']) }) });
  t.equal(engineOf(place(needs({ anyFixed: new Set(['x:y']) }), [room('a'), rack], task)), 'b');
  const newer = room('b', { ...load(0.8), ...offer({ models: new Map([['audiocloud:gain', ['1.0.0', '2.1.0']]]) }) });
  const of = (id: string, version?: string) => needs({ models: new Map([[id, version]]) });
  t.equal(engineOf(place(of('audiocloud:gain', '2.0.0'), [room('a'), newer], task)), 'b', 'not older than its values');
  t.equal(engineOf(place(of('audiocloud:gain@2.1.0'), [room('a'), newer], task)), 'b');
  t.equal(engineOf(place(of('audiocloud:gain', '1.0.0'), [room('a'), newer], task)), 'a');
});

t.test('what no engine has is left to the engine, which refuses it in its own words', async (t) => {
  t.equal(engineOf(place(needs({ sampleRate: 8000, fixed: new Set(['no:such:one']) }), [room('a')], task)), 'a');
  t.equal(engineOf(place(needs({ models: new Map([['no:model', undefined]]) }), [room('a')], task)), 'a');
});

t.test('two things that no single engine has are refused, each engine with its reason', async (t) => {
  const rooms = [room('a', offer({ fixed: new Set(['x:y:one']) })), room('b', offer({ fixed: new Set(['x:y:two']) }))];
  const refusal = refusalOf(place(needs({ fixed: new Set(['x:y:one', 'x:y:two']) }), rooms, task));
  t.equal(refusal.code, 'TASK_NOWHERE');
  t.equal(refusal.message, 'Cannot place task song: a: it does not reach x:y:two; b: it does not reach x:y:one');
});

t.test('a refusal names what is needed, free and declared; one that may pass may be tried again', async (t) => {
  const rooms = [
    room('a', { declared: { gpu: 1 }, used: { gpu: 0.75 } }),
    room('b', { declared: { gpu: 2 }, takesTasks: false }),
    room('c', load(0.7)),
  ];
  const full = refusalOf(place(needs({ resources: { gpu: 0.5 } }), rooms, task));
  t.equal(full.code, 'ENGINE_FULL');
  t.match(
    full.message,
    /^Cannot place task song: a: it has 0.25 of 1 gpu free, wanted 0.5; b: it takes no tasks now .*; c: it has 0 of 0 gpu free/,
  );
  t.match(full.details?.['engines'], { a: { resource: 'gpu', needed: 0.5, free: 0.25, declared: 1 } });
  t.equal(refusalOf(place(needs({ resources: { gpu: 3 } }), rooms, task)).code, 'TASK_NOWHERE', 'nobody ever has 3');
  t.match(refusalOf(place(needs(), [room('a')], { ...task, except: 'a' })), { message: /there is no other engine/ });
});

t.test('memory that is not declared is not limited, other things are then not there', async (t) => {
  t.equal(engineOf(place(needs({ resources: { memoryMiB: 1e6 } }), [room('a')], task)), 'a');
  t.equal(engineOf(place(needs({ resources: { dongle: 1 } }), [room('a')], task)), 'TASK_NOWHERE');
});

t.test(
  'a measured task goes where a render thread has room for it; a free thread takes one of which half fits',
  async (t) => {
    const cpu = { ...task, cpu: 0.4 };
    t.equal(engineOf(place(needs(), [room('a', load(0.6)), room('b', load(0.9, 0.45))], cpu)), 'b');
    const pending = room('a', { cpu: { limit: 0.9, claimed: [0.2], pending: 0.35 } });
    const refusal = refusalOf(place(needs(), [pending], cpu));
    t.match(refusal, {
      code: 'ENGINE_FULL',
      message: /its roomiest render thread has 0\.350 of 0\.9 free, wanted 0\.400/,
    });
    t.equal(engineOf(place(needs(), [room('a')], { ...task, cpu: 1.7 })), 'a');
    t.equal(engineOf(place(needs(), [room('a')], { ...task, cpu: 1.9 })), 'TASK_NOWHERE');
    t.equal(engineOf(place(needs(), [room('a', { cpu: { limit: null, claimed: [3], pending: 0 } })], cpu)), 'a');
  },
);

const amounts = fc.dictionary(fc.constantFrom('gpu', 'memoryMiB', 'dongle'), fc.integer({ min: 0, max: 8 }), {
  maxKeys: 3,
});

t.test(
  'whatever is placed in whatever order, no engine is ever above what it declares, and every refusal is true',
  async (t) => {
    const engine = fc.record({ declared: amounts, rate: fc.constantFrom(44100, 48000), takesTasks: fc.boolean() });
    const wanted = fc.record({ resources: amounts, rate: fc.constantFrom(44100, 48000, 96000) });
    let placed = 0;
    let refused = 0;
    fc.assert(
      fc.property(
        fc.array(engine, { minLength: 1, maxLength: 4 }),
        fc.array(wanted, { maxLength: 30 }),
        (engines, tasks) => {
          const rooms = engines.map(({ declared, rate, takesTasks }, i) =>
            room(`e${i}`, { declared, takesTasks, ...offer({ sampleRate: rate }) }),
          );
          for (const { resources, rate } of tasks) {
            const asked = needs({ resources, sampleRate: rate });
            const placing = place(asked, rooms, task);
            if ('engine' in placing) {
              placed++;
              const there = rooms.find(({ id }) => id === placing.engine)!;
              if (!there.takesTasks) throw new Error(`${there.id} takes no tasks`);
              const isRateHad = rooms.some(({ offer }) => offer!.sampleRate === rate);
              if (isRateHad && there.offer!.sampleRate !== rate) throw new Error(`${there.id} has another rate`);
              const used: DeclaredResources = { ...there.used };
              for (const [name, amount] of Object.entries(resources)) used[name] = (used[name] ?? 0) + amount;
              there.used = used;
              there.tasks++;
              for (const [name, amount] of Object.entries(used)) {
                const limit = there.declared[name] ?? (name === 'memoryMiB' ? Number.POSITIVE_INFINITY : 0);
                if (amount > limit) throw new Error(`${there.id} has ${amount} of ${limit} ${name} in use`);
              }
            } else {
              refused++;
              const told = placing.refusal.details?.['engines'] as Record<
                string,
                { resource?: string; needed?: number; free?: number }
              >;
              for (const { id, declared, used } of rooms) {
                const { resource, needed, free } = told[id]!;
                if (resource === undefined) continue;
                const left = (declared[resource] ?? 0) - (used[resource] ?? 0);
                if (needed !== resources[resource] || free !== left || needed! <= free!)
                  throw new Error(`${id}: ${needed} of ${free}, really ${left}`);
              }
            }
          }
        },
      ),
      { numRuns: 500 },
    );
    t.ok(placed > 500 && refused > 500, `${placed} placed, ${refused} refused`);
  },
);

t.test('nothing hinders an engine that is away from having what it had', async (t) => {
  t.equal(hindranceOf(needs(), room('a', { isThere: false }), task), undefined);
});
