import { AudioCloudError, type Value } from '@audiocloud/api';
import t from 'tap';
import { settle, SteppedClock } from '../testing/stepped-clock.ts';
import { SafetyGate, type SafetyMemory } from './safety-gate.ts';
import { safetyRules } from './safety-rules.ts';
import { AMP, LINES } from './testing/amp-drivers.ts';

const [MAINS, PHANTOM, MUTE] = [2, 3, 4];

/** A gate of a new connection. set: what is told of a value, with the way to end it. */
function gateOf(clock = new SteppedClock(), memory: SafetyMemory = new Map()) {
  const gate = new SafetyGate({ rules: safetyRules(AMP, LINES), unit: 'acme:amp:one', clock, memory });
  const set = (parameter: number, value: Value, index = 0) => {
    const name = AMP.parameters[parameter]!.id;
    const passage = gate.ask(parameter, index, name, value, false);
    const one: { told: string; ended: typeof passage.ended } = { told: 'waits', ended: passage.ended };
    passage.opened.then(
      (outcome) => (one.told = outcome),
      ({ message }) => (one.told = message),
    );
    return one;
  };
  /** Sets a value that the device takes at once. */
  const has = async (parameter: number, value: Value, index = 0) => {
    const one = set(parameter, value, index);
    await settle();
    if (one.told !== 'send') throw new Error(one.told);
    one.ended('sent');
  };
  const cold = async () => {
    await has(MUTE, true);
    for (const index of [0, 1]) await has(PHANTOM, false, index);
    await has(MAINS, false);
    await clock.advance(1000);
  };
  return { gate, clock, memory, set, has, cold };
}

t.test('what a rule forbids is refused and the rule is named; what only has to wait waits', async (t) => {
  const { clock, set, has, cold } = gateOf();
  await cold();
  const early = set(PHANTOM, true);
  await settle();
  t.equal(
    early.told,
    'Cannot set phantom of acme:amp:one to true: rule "mains before phantom": mains must be true for 500 ms',
  );
  await has(MAINS, true);
  const phantom = set(PHANTOM, true);
  await clock.advance(499);
  t.equal(phantom.told, 'waits');
  await clock.advance(1);
  t.equal(phantom.told, 'send');
  const off = set(MAINS, false);
  await settle();
  t.match(off.told, /"mains before phantom": mains must be true for|mains must be true while phantom is/);
});

t.test('set at once, values go down in the reverse order of up', async (t) => {
  const { clock, set, has, cold } = gateOf();
  await cold();
  await has(MAINS, true);
  await clock.advance(1000);
  await has(PHANTOM, true);
  await has(MUTE, false);
  const mains = set(MAINS, false);
  const phantom = set(PHANTOM, false);
  const mute = set(MUTE, true);
  await settle();
  t.same(
    [mains, phantom, mute].map(({ told }) => told),
    ['waits', 'send', 'send'],
  );
  phantom.ended('sent');
  await settle();
  t.equal(mains.told, 'waits', 'it is not muted yet');
  mute.ended('sent');
  await settle();
  t.equal(mains.told, 'send');
});

t.test('nobody knows what a device has of a value that failed in between', async (t) => {
  const { clock, set, has, cold } = gateOf();
  await cold();
  await has(MAINS, true);
  await clock.advance(500);
  const phantom = set(PHANTOM, true);
  await settle();
  phantom.ended(undefined, new AudioCloudError('VALUE_UNCONFIRMED', 'Cannot set phantom: the device does not say'));
  const off = set(MAINS, false);
  await settle();
  t.match(off.told, /mains before phantom/, 'it may have it');
  await has(PHANTOM, false);
  await has(MAINS, false);
});

t.test('a value that the device refused is not there', async (t) => {
  const { clock, set, has, cold } = gateOf();
  await cold();
  await has(MAINS, true);
  await clock.advance(500);
  const phantom = set(PHANTOM, true);
  await settle();
  phantom.ended(undefined, new AudioCloudError('VALUE_REFUSED', 'Cannot write: the device refused it'));
  await has(MAINS, false);
  t.pass('so the mains may go');
});

t.test('least times go on over a reconnect, and a newer value takes the place of one that waits', async (t) => {
  const { clock, memory, has, cold } = gateOf();
  await cold();
  await has(MAINS, true);
  const again = gateOf(clock, memory);
  await clock.advance(100);
  for (const index of [0, 1]) await again.has(PHANTOM, false, index);
  await again.has(MUTE, true);
  const off = again.set(MAINS, false);
  await clock.advance(199);
  t.equal(off.told, 'waits');
  const on = again.set(MAINS, true);
  await settle();
  t.same([off.told, on.told], ['replaced', 'send']);
});

t.test('nobody waits longer than 30 seconds, and who waits is told when the lease is over', async (t) => {
  const clock = new SteppedClock();
  const slow = { ...LINES, stays: { mains: { offMs: 40_000 } } };
  const gate = new SafetyGate({ rules: safetyRules(AMP, slow), unit: 'acme:amp:one', clock, memory: new Map() });
  const off = gate.ask(MUTE, 0, 'mute', true, true);
  await off.opened;
  off.ended('sent');
  for (const index of [0, 1]) {
    const phantom = gate.ask(PHANTOM, index, 'phantom', false, true);
    await phantom.opened;
    phantom.ended('sent');
  }
  const mains = gate.ask(MAINS, 0, 'mains', false, true);
  await mains.opened;
  mains.ended('sent');
  await t.rejects(gate.ask(MAINS, 0, 'mains', true, false).opened, {
    code: 'VALUE_INTERLOCKED',
    message: /rule "least time": it stays as it is for 40000 ms, 40.0 s are left/,
  });
  await clock.advance(20_000);
  const waiting = gate.ask(MAINS, 0, 'mains', true, false);
  await settle();
  gate.giveUp(new AudioCloudError('FIXED_INSTANCE_UNAVAILABLE', 'its lease is over'));
  await t.rejects(waiting.opened, { code: 'FIXED_INSTANCE_UNAVAILABLE' });
  t.ok(clock.isIdle);
});

t.test('what was under way at the end is unknown to the next connection, whatever is said of it later', async (t) => {
  const { clock, gate, memory, set, has, cold } = gateOf();
  await cold();
  await has(MAINS, true);
  await clock.advance(1000);
  const mains = set(MAINS, false);
  await settle();
  t.equal(mains.told, 'send');
  gate.end(new Error('the cable is out'));
  const unknown = { value: undefined, atMs: 2000 };
  t.same(memory.get('2 0'), unknown);
  await clock.advance(100);
  mains.ended(undefined, new Error('no answer'));
  t.same(memory.get('2 0'), unknown);
  const late = set(MUTE, true);
  await settle();
  t.equal(late.told, 'the cable is out');
  t.ok(clock.isIdle);
});
