import type { Value } from '@audiocloud/api';
import fc, { type AsyncCommand } from 'fast-check';
import { type Plant, VirtualRack } from './virtual-rack.ts';

/** What is known of the rack beside what it shows: how many commands it was given. */
interface Given {
  commands: number;
}
type RackCommand = AsyncCommand<Given, VirtualRack>;

const command = (text: string, run: (rack: VirtualRack) => Promise<void> | void): RackCommand => ({
  check: () => true,
  async run(given, rack) {
    given.commands++;
    await run(rack);
    rack.check();
  },
  toString: () => text,
});

const unit = fc.constantFrom('lines', 'pages');
const toggle = fc.oneof(
  { weight: 30, arbitrary: fc.boolean() },
  { weight: 1, arbitrary: fc.constantFrom<Value>('on', 7) },
);
const number = (min: number, max: number) =>
  fc.oneof(
    { weight: 8, arbitrary: fc.double({ min, max, noNaN: true }) },
    { weight: 1, arbitrary: fc.constantFrom<Value>(Number.NaN, Number.POSITIVE_INFINITY, -1e300, 1e9, 'loud', true) },
  );
const ofParameter = fc.oneof(
  fc.tuple(fc.constant(0), fc.constant(0), number(-30, 30)),
  fc.tuple(fc.constant(1), fc.constant(0), number(-2, 12)),
  fc.tuple(fc.constant(2), fc.constant(0), toggle),
  fc.tuple(fc.constant(3), fc.integer({ min: 0, max: 1 }), toggle),
  fc.tuple(fc.constant(4), fc.constant(0), toggle),
);

const SET = fc
  .tuple(unit, ofParameter)
  .map(([id, [parameter, index, value]]) =>
    command(`set ${id} ${parameter} ${index} ${value}`, (rack) => rack.set(id, parameter, index, value)),
  );
const WAIT = fc
  .oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 60, max: 1200 }))
  .map((ms) => command(`wait ${ms}`, (rack) => rack.advance(ms)));
const LEASE = fc.integer({ min: 50, max: 6000 }).map((ms) => command(`lease ${ms}`, (rack) => rack.lease(ms)));
const PLUG = fc
  .tuple(unit, fc.boolean())
  .map(([id, isThere]) => command(`${isThere ? 'plug' : 'unplug'} ${id}`, (rack) => rack.plug(id, isThere)));
const BREAK = fc
  .tuple(unit, fc.constantFrom<'after' | 'before'>('after', 'before'))
  .map(([id, when]) => command(`break ${id} ${when}`, (rack) => rack.breakNext(id, when)));
const REFUSE = fc
  .integer({ min: 1, max: 3 })
  .map((count) => command(`refuse ${count}`, (rack) => rack.refuseNext('lines', count)));

/** Weights: an arbitrary of commands is chosen as often as it stands here. */
const COMMANDS = [
  ...Array(12).fill(SET),
  ...Array(8).fill(WAIT),
  LEASE,
  LEASE,
  PLUG,
  BREAK,
  REFUSE,
] as fc.Arbitrary<RackCommand>[];

/** How often the random commands are run together before a rack is new. */
const RUNS = 10;

/**
 * Gives random commands to racks until there were `least` of them. Resolves with how many; rejects with the seed, the path and the
 * shortest commands that break an invariant.
 */
export async function randomCommands(least: number, seed: number, plant?: Plant): Promise<number> {
  let count = 0;
  for (let round = 0; count < least; round++) {
    const property = fc.asyncProperty(fc.commands(COMMANDS, { maxCommands: 400, size: 'max' }), async (commands) => {
      const given = { commands: 0 };
      const rack = new VirtualRack(plant);
      await rack.look();
      rack.lease(4000);
      await fc.asyncModelRun(() => ({ model: given, real: rack }), commands);
      await rack.end();
      count += given.commands;
    });
    await fc.assert(property, {
      seed: seed + round,
      numRuns: RUNS,
      endOnFailure: plant !== undefined,
      includeErrorInReport: true,
    });
  }
  return count;
}
