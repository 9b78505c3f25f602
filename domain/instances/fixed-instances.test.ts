import { AudioCloudError, check, FixedInstance, TaskState } from '@audiocloud/api';
import t from 'tap';
import { RackDomain } from '../testing/rack-domain.ts';
import { NO_FACTS } from './unit-step.ts';

const [A, B, C] = ['test:preamp:a', 'test:preamp:b', 'test:preamp:c'] as const;
const whats = ({ waitingFor = [] }: TaskState) => waitingFor.map(({ what, id }) => `${what} ${id}`);
/** Enough for power (100 ms), a connection (300 ms) and two values. */
const POWER_UP_MS = 600;

t.test('no play without power confirmed and values sent; all of it is told', async (t) => {
  const domain = await RackDomain.open(t, [A]);
  await domain.create('one', A);
  await domain.play('one');
  const asked = check(TaskState, await domain.state('one'), 'the state', 'MESSAGE_INVALID');
  t.match(asked, { state: 'ready', desired: { playing: true }, fixed: { preamp: A } });
  t.same(whats(asked), ['store one', `power ${A}`]);
  await domain.advance(200);
  t.same(whats(await domain.state('one')), [`instance ${A}`]);
  t.match(check(FixedInstance, domain.instance(A), 'the unit', 'MESSAGE_INVALID'), {
    power: true,
    state: 'connecting',
    desired: { power: true, parameters: { gainDb: [12], trimDb: [0] }, setBy: 'one', heldBy: { task: 'one' } },
    waitingFor: [{ what: 'instance', id: A }],
  });
  t.same(domain.rack.plays, []);
  await domain.advance(POWER_UP_MS);
  const playing = await domain.state('one');
  t.match(playing, { state: 'playing', desired: { playing: true }, waitingFor: [] });
  t.same(domain.rack.units.get(A)!.log, ['on', 'gainDb 12'], 'what it has already is not sent');
  t.same(domain.rack.plays, ['main.one plays']);
});

t.test(
  'three units, four tasks: three get one, the fourth learns why it waits and goes on when one is free',
  async (t) => {
    const domain = await RackDomain.open(t, [A, B, C]);
    const names = ['one', 'two', 'three', 'four'];
    for (const [i, name] of names.entries()) await domain.create(name, 'any', i);
    for (const name of names) await domain.play(name);
    await domain.advance(POWER_UP_MS);
    const states = await Promise.all(names.map((name) => domain.state(name)));
    t.same(
      states.map(({ state }) => state),
      ['playing', 'playing', 'playing', 'ready'],
    );
    t.same(new Set(states.map(({ fixed }) => fixed?.['preamp'])), new Set([A, B, C, undefined]));
    t.match(states[3]!.waitingFor, [{ what: 'instance', id: 'test:preamp', retries: 0 }]);
    for (const name of ['one', 'two', 'three']) t.match(states[3]!.waitingFor![0]!.why, `task ${name} has it`);
    await domain.stop('two');
    await domain.advance(POWER_UP_MS);
    const freed = states[1]!.fixed!['preamp']!;
    t.match(await domain.state('four'), { state: 'playing', fixed: { preamp: freed }, waitingFor: [] });
    t.same(domain.rack.units.get(freed)!.log, ['on', 'gainDb 1', 'gainDb 3'], 'it had power already');
    t.same((await domain.state('two')).fixed, undefined);
  },
);

t.test('a unit that fails is replaced by a free one, and its settings are sent again', async (t) => {
  const domain = await RackDomain.open(t, [A, B]);
  await domain.create('one', 'any', 7);
  await domain.play('one');
  await domain.advance(POWER_UP_MS);
  await (await domain.tasks.active('one')).set([{ instance: 'preamp', parameter: 'trimDb', value: 3 }]);
  await domain.advance(100);
  t.match(await domain.state('one'), { state: 'playing', fixed: { preamp: A } });
  domain.rack.unplug(A);
  await domain.advance(50);
  t.match(await domain.state('one'), { state: 'ready', fixed: { preamp: B } });
  await domain.advance(POWER_UP_MS);
  t.match(await domain.state('one'), { state: 'playing', waitingFor: [] });
  t.same(domain.rack.units.get(B)!.log, ['on', 'gainDb 7', 'trimDb 3']);
  t.same(domain.rack.plays, ['main.one plays', 'main.one stops', 'main.one plays']);
  t.equal(domain.instance(A).desired.heldBy, undefined, 'the one that failed is given back');
});

t.test(
  'a named unit that is lost is waited for; play goes on from its playhead a second after it is back',
  async (t) => {
    const domain = await RackDomain.open(t, [A, B]);
    await domain.create('one', A);
    await domain.play('one');
    await domain.advance(POWER_UP_MS + 5_000);
    domain.rack.unplug(A);
    await domain.advance(10_000);
    const waiting = await domain.state('one');
    t.match(waiting, { state: 'ready', desired: { playing: true }, fixed: { preamp: A } });
    t.same(whats(waiting), [`instance ${A}`]);
    const { positionFrames } = waiting.transport!;
    t.ok(positionFrames > 5 * 48_000 && positionFrames < 6 * 48_000, `${positionFrames} frames`);
    domain.rack.plug(A);
    await domain.advance(1_000);
    const back = await domain.state('one');
    t.match(back, { state: 'playing', waitingFor: [] });
    t.ok(back.transport!.positionFrames < positionFrames + 48_000, 'it went on where it was');
  },
);

t.test('two tasks never have one unit, and what is named by one is waited for by the other', async (t) => {
  const domain = await RackDomain.open(t, [A]);
  for (const name of ['one', 'two']) await domain.create(name, A);
  for (const name of ['one', 'two']) await domain.play(name);
  await domain.advance(POWER_UP_MS);
  t.match((await domain.state('two')).waitingFor, [{ what: 'instance', id: A, why: /task one has it/ }]);
  await domain.tasks.remove('one');
  await domain.advance(POWER_UP_MS);
  t.match(await domain.state('two'), { state: 'playing', fixed: { preamp: A } });
  t.same(domain.rack.plays, ['main.one plays', 'main.one stops', 'main.two plays']);
});

t.test('the engine is killed: its units get their values again, and tasks go on', async (t) => {
  const domain = await RackDomain.open(t, [A]);
  await domain.create('one', 'any');
  await domain.play('one');
  await domain.advance(POWER_UP_MS);
  domain.rack.kill();
  await domain.advance(2_000);
  t.match((await domain.state('one')).waitingFor, [
    { what: 'engine', error: { code: 'ENGINE_UNAVAILABLE' } },
    { what: 'instance' },
  ]);
  domain.rack.start();
  await domain.advance(1_000);
  t.match(await domain.state('one'), { state: 'playing', waitingFor: [] });
  t.same(domain.rack.units.get(A)!.log, ['on', 'gainDb 12', 'gainDb 12']);
});

t.test('one error of the store holds a play back for less than a second, and is told', async (t) => {
  const domain = await RackDomain.open(t, [A]);
  await domain.create('one', 'any');
  const task = await domain.tasks.active('one');
  await task.transport({ play: true });
  domain.faults.store.push(new AudioCloudError('STORE_INVALID', 'The disk is full'));
  await domain.advance(20);
  const failed = await domain.state('one');
  t.match(failed.waitingFor, [
    { what: 'store', retries: 1, error: { code: 'STORE_INVALID' }, nextTryAt: /^2026-01-01T00:00:00/ },
    { what: 'power' },
  ]);
  await domain.advance(1_000);
  t.match(await domain.state('one'), { state: 'playing', waitingFor: [] });
});

t.test('a unit that refuses is tried again, and how often is told', async (t) => {
  const domain = await RackDomain.open(t, [A], false);
  await domain.advance(POWER_UP_MS);
  await domain.create('one', A);
  const error = new AudioCloudError('ADAPTER_FAILED', 'It does not answer');
  domain.rack.refusals.push({ type: 'set-fixed', error }, { type: 'set-fixed', error });
  await domain.play('one');
  await domain.advance(400);
  t.match((await domain.state('one')).waitingFor, [
    { what: 'parameters', id: A, retries: 2, error: { code: 'ADAPTER_FAILED' }, nextTryAt: /^2026/ },
  ]);
  await domain.advance(1_000);
  t.match(await domain.state('one'), { state: 'playing', waitingFor: [] });
});

t.test('what an administrator sets is stored, waits for the unit, and gives way to the values of a task', async (t) => {
  const domain = await RackDomain.open(t, [A], false);
  const administrator = { id: 'key-1', application: 'main', permissions: new Set<never>() };
  domain.rack.unplug(A);
  const set = await domain.core.instances.set(A, [{ parameter: 'gainDb', value: 40 }], administrator);
  t.match(set, {
    state: 'disconnected',
    desired: { parameters: { gainDb: [40] }, setBy: 'key-1' },
    waitingFor: [{ what: 'instance' }],
  });
  t.match(await domain.core.store.get(`instance/${A}`), { value: { parameters: { gainDb: [40] }, setBy: 'key-1' } });
  domain.rack.plug(A);
  await domain.advance(POWER_UP_MS);
  t.same(domain.rack.units.get(A)!.log, ['gainDb 40']);
  await t.rejects(domain.core.instances.set(A, [{ parameter: 'gainDb', value: 400 }], administrator), {
    code: 'PARAMETER_VALUE',
  });
  await t.rejects(domain.core.instances.set(A, [{ parameter: 'width', value: 1 }], administrator), {
    code: 'PARAMETER_UNKNOWN',
  });
  await t.rejects(domain.core.instances.set('test:preamp:z', [], administrator), { code: 'FIXED_INSTANCE_UNKNOWN' });
  await domain.create('one', A);
  await domain.play('one');
  await domain.advance(POWER_UP_MS);
  t.same(domain.rack.units.get(A)!.log, ['gainDb 40', 'gainDb 12']);
  t.equal(await domain.core.store.get(`instance/${A}`), undefined);
});

t.test('a unit that nobody has goes off some time later', async (t) => {
  const domain = await RackDomain.open(t, [A]);
  await domain.create('one', A);
  await domain.play('one');
  await domain.advance(POWER_UP_MS);
  await domain.stop('one');
  t.match(domain.instance(A), { power: true, desired: { power: true, powerUntil: /^2026/ } });
  domain.clock.advance(NO_FACTS.idleMs);
  await domain.advance(200);
  t.match(domain.instance(A), { power: false, desired: { power: false } });
  t.same(domain.rack.units.get(A)!.log, ['on', 'gainDb 12', 'off']);
});

t.test('media that are away are looked for, and play goes on within a second after they are there', async (t) => {
  const domain = await RackDomain.open(t, [A]);
  await domain.create('one', A);
  await domain.play('one');
  await domain.advance(POWER_UP_MS + 1_000);
  domain.faults.missing.add('song');
  domain.rack.kill();
  domain.rack.start();
  await domain.advance(60_000);
  const waiting = await domain.state('one');
  t.match(waiting.waitingFor, [{ what: 'media', id: 'song', error: { code: 'MEDIA_MISSING' }, nextTryAt: /^2026/ }]);
  t.ok(waiting.waitingFor![0]!.retries > 100, `${waiting.waitingFor![0]!.retries} tries`);
  domain.faults.missing.clear();
  await domain.advance(1_000);
  t.match(await domain.state('one'), { state: 'playing', waitingFor: [] });
});

t.test(
  'a domain that comes back leaves every unit with the task that has it, and play is not interrupted',
  async (t) => {
    const domain = await RackDomain.open(t, [A, B]);
    for (const name of ['one', 'two', 'three']) await domain.create(name, 'any');
    // In this order, so that by their names others would come first.
    for (const name of ['two', 'three', 'one']) await domain.play(name);
    await domain.advance(POWER_UP_MS);
    const before = [await domain.state('two'), await domain.state('three')].map(({ fixed }) => fixed);
    const plays = [...domain.rack.plays];
    await domain.restart();
    await domain.advance(2_000);
    t.same(
      [await domain.state('two'), await domain.state('three')].map(({ fixed }) => fixed),
      before,
    );
    t.match(await domain.state('one'), { state: 'ready', waitingFor: [{ what: 'instance' }] });
    t.same(domain.rack.plays, plays);
  },
);

t.test('a knob of hardware is stored within 250 ms, and sent to the unit', async (t) => {
  const domain = await RackDomain.open(t, [A]);
  await domain.create('one', A);
  await domain.play('one');
  await domain.advance(POWER_UP_MS);
  const task = await domain.tasks.active('one');
  const { frame } = await task.set([{ instance: 'preamp', parameter: 'gainDb', value: 20 }]);
  t.type(frame, 'number', 'applied, and where');
  await domain.advance(250);
  const stored = await domain.core.store.get('task/main/one');
  t.match(stored, { value: { graph: { instances: { preamp: { parameters: { gainDb: 20 } } } } } });
  t.equal(domain.rack.units.get(A)!.log.at(-1), 'gainDb 20');
});

t.test('whoever sets values of a unit is told of each what became of it', async (t) => {
  const domain = await RackDomain.open(t, [A], false);
  const administrator = { id: 'key-1', application: 'main', permissions: new Set<never>() };
  const set = async (gainDb: number, trimDb: number) => {
    const changes = [
      { parameter: 'gainDb', value: gainDb },
      { parameter: 'trimDb', value: trimDb },
    ];
    return (await domain.core.instances.set(A, changes, administrator)).delivered;
  };
  const gain = { parameter: 'gainDb', index: 0 };
  const trim = { parameter: 'trimDb', index: 0 };
  await domain.advance(POWER_UP_MS);
  const [first, second] = [set(1, 2), set(3, 2)];
  await domain.advance(100);
  t.same(await first, [
    { ...gain, outcome: 'replaced' },
    { ...trim, outcome: 'sent' },
  ]);
  t.same(await second, [
    { ...gain, outcome: 'sent' },
    { ...trim, outcome: 'sent' },
  ]);
  domain.rack.refusals.push({
    type: 'set-fixed',
    error: new AudioCloudError('VALUE_UNCONFIRMED', 'It does not say so'),
  });
  const refused = set(4, 5);
  await domain.advance(100);
  t.match(await refused, [
    { ...gain, outcome: 'failed', error: { code: 'VALUE_UNCONFIRMED', message: 'It does not say so' } },
    { ...trim, outcome: 'sent' },
  ]);
  await domain.advance(500);
  t.equal(domain.rack.units.get(A)!.log.at(-1), 'gainDb 4', 'what failed is tried again');
  domain.rack.unplug(A);
  t.match(await set(6, 5), [{ ...gain, outcome: 'waiting' }, { ...trim }]);
});

t.test('a task is told what became of its knobs of hardware, and does not wait for a slow device', async (t) => {
  const domain = await RackDomain.open(t, [A], false);
  await domain.create('one', A);
  const task = await domain.tasks.active('one');
  const set = async (gainDb: number) => {
    const changes = [{ instance: 'preamp', parameter: 'gainDb', value: gainDb }];
    await task.set(changes);
    return task.delivered(changes);
  };
  const place = { instance: 'preamp', parameter: 'gainDb', index: 0 };
  t.equal(task.delivered([{ instance: 'other', parameter: 'gain', value: 1 }]), undefined);
  t.same(await set(1), [{ ...place, outcome: 'waiting' }], 'it has no unit yet');
  await domain.play('one');
  await domain.advance(POWER_UP_MS);
  const sent = set(2);
  await domain.advance(50);
  t.same(await sent, [{ ...place, outcome: 'sent' }]);
  domain.rack.writeMs = 10_000;
  const slow = set(3);
  await domain.advance(300);
  t.same(await slow, [{ ...place, outcome: 'waiting' }]);
});

t.test('a play waits for warm-up, and says until when; power comes back only after cooling down', async (t) => {
  const domain = await RackDomain.open(t, [A], true, { warmUpMs: 10_000, coolDownMs: 5_000 });
  await domain.create('one', A);
  await domain.play('one');
  await domain.advance(POWER_UP_MS);
  t.match(await domain.state('one'), {
    state: 'ready',
    waitingFor: [{ what: 'power', id: A, why: 'It warms up', until: '2026-01-01T00:00:10.100Z' }],
  });
  t.equal(domain.instance(A).state, 'warming-up');
  await domain.advance(9_000);
  t.same(domain.rack.plays, [], 'not before');
  await domain.advance(1_000);
  t.match(await domain.state('one'), { state: 'playing', waitingFor: [] });
  t.equal(domain.instance(A).state, 'in-use');
  await domain.stop('one');
  t.equal(domain.instance(A).state, 'ready');
  domain.clock.advance(NO_FACTS.idleMs);
  await domain.advance(200);
  t.equal(domain.instance(A).state, 'cooling-down');
  await domain.play('one');
  await domain.advance(100);
  t.match((await domain.state('one')).waitingFor, [{ what: 'power', why: 'It has to cool down first' }]);
  await domain.advance(5_000 + 10_000 + POWER_UP_MS);
  t.match(await domain.state('one'), { state: 'playing' });
  t.same(domain.rack.units.get(A)!.log, [
    ...['on', 'gainDb 12', 'trimDb 0', 'off'],
    ...['on', 'gainDb 12', 'trimDb 0'],
  ]);
});

t.test('an outlet that powers a unit is never set for an administrator, and the answer says so', async (t) => {
  const domain = await RackDomain.open(t, [A]);
  domain.rack.addDistributor('test:outlets:rack');
  domain.rack.kill();
  domain.rack.start();
  const administrator = { id: 'key-1', application: 'main', permissions: new Set<never>() };
  for (const at of [{ index: 0 }, {}]) {
    const set = domain.core.instances.set(
      'test:outlets:rack',
      [{ parameter: 'power', ...at, value: true }],
      administrator,
    );
    const refused = await set.catch((error: AudioCloudError) => error.toJSON());
    t.match(refused, { code: 'PARAMETER_OWNED', retry: 'never', message: /moved as what depends on it is needed/ });
  }
});

t.test('while somebody works on a distributor nothing gets power through it', async (t) => {
  const domain = await RackDomain.open(t, [A, B]);
  const outlets = 'test:outlets:rack';
  domain.rack.addDistributor(outlets);
  await domain.create('one', A);
  await domain.create('two', B);
  await domain.play('one');
  await domain.advance(POWER_UP_MS);
  t.match(await domain.state('one'), { state: 'playing' });
  const nowMs = domain.clock.now();
  const at = (minutes: number) => new Date(nowMs + minutes * 60_000).toISOString();
  await domain.core.booking.createMaintenance({ unit: outlets, from: at(1), to: at(10), reason: 'fuse' });
  domain.clock.advance(61_000);
  await domain.advance(POWER_UP_MS);
  const why = new RegExp(`it has its power through ${outlets}, which is in maintenance until .*fuse`);
  t.match(domain.instance(A), { state: 'maintenance', power: false, desired: { power: false } });
  t.equal((await domain.state('one')).state, 'ready');
  for (const task of ['one', 'two'])
    await t.rejects(domain.play(task), { code: 'FIXED_INSTANCE_UNAVAILABLE', message: why });
  const switched = (unit: string) => domain.rack.units.get(unit)!.log.filter((one) => /^o[nf]/.test(one));
  t.same([A, B].map(switched), [['on', 'off'], []]);
  domain.clock.advance(10 * 60_000);
  await domain.play('two');
  await domain.advance(POWER_UP_MS);
  t.match(await domain.state('two'), { state: 'playing' });
});

t.test(
  'maintenance of a distributor that began while the domain was away is known before anything is switched',
  async (t) => {
    const domain = await RackDomain.open(t, [A]);
    const outlets = 'test:outlets:rack';
    const { units } = domain.rack;
    domain.rack.addDistributor(outlets);
    await domain.create('one', A);
    await domain.play('one');
    await domain.advance(POWER_UP_MS);
    const at = (minutes: number) => new Date(domain.clock.now() + minutes * 60_000).toISOString();
    await domain.core.booking.createMaintenance({ unit: outlets, from: at(1), to: at(10), reason: 'fuse' });
    units.delete(outlets); // which unit switches what is told by the engine alone
    Object.assign(units.get(A)!.state, { power: false, phase: 'off' });
    await domain.reopen(61_000);
    domain.rack.addDistributor(outlets);
    domain.rack.start();
    await domain.advance(POWER_UP_MS);
    t.equal(units.get(A)!.log.filter((one) => one === 'on').length, 1, 'the first time');
    t.match(await domain.state('one'), { state: 'ready', desired: { playing: false } });
  },
);

t.test('a unit in maintenance is turned off and given to nobody', async (t) => {
  const domain = await RackDomain.open(t, [A]);
  await domain.create('one', A);
  await domain.play('one');
  await domain.advance(POWER_UP_MS);
  const nowMs = domain.clock.now();
  const at = (minutes: number) => new Date(nowMs + minutes * 60_000).toISOString();
  await domain.core.booking.createMaintenance({ unit: A, from: at(1), to: at(10), reason: 'valves' });
  domain.clock.advance(61_000);
  await domain.advance(POWER_UP_MS);
  t.match(domain.instance(A), { state: 'maintenance', power: false, desired: { power: false } });
  t.equal((await domain.state('one')).state, 'ready');
  await t.rejects(domain.play('one'), { code: 'FIXED_INSTANCE_UNAVAILABLE', message: /maintenance/ });
  domain.clock.advance(10 * 60_000);
  await domain.advance(POWER_UP_MS);
  await domain.play('one');
  await domain.advance(POWER_UP_MS);
  t.match(await domain.state('one'), { state: 'playing' });
});
