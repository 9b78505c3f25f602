import type { Driver } from '@audiocloud/api';
import t from 'tap';
import { driverProblems } from '../driver-check.ts';
import { adapterTraits } from '../adapter-packages.ts';
import { AMP, LINES, PAGES } from './testing/amp-drivers.ts';
import { randomCommands } from './testing/random-commands.ts';
import type { Plant } from './testing/virtual-rack.ts';

const SEED = Number(process.env['AUDIOCLOUD_SEED'] ?? 1);

t.test('the drivers of the virtual rack are without a mistake', async (t) => {
  for (const driver of [LINES, PAGES]) t.same(driverProblems(driver, AMP, adapterTraits(driver.adapter)), []);
});

t.test('10,000 random commands keep every invariant', async (t) => {
  t.ok((await randomCommands(10_000, SEED)) >= 10_000);
});

const rules = (change: (driver: Driver) => Partial<Driver>): Plant => ({
  driver: (driver) => ({ ...driver, ...change(driver) }),
});
const withoutRule = (name: string) =>
  rules(({ interlocks }) => ({ interlocks: interlocks!.filter((one) => one.name !== name) }));

/** A mistake, and what the amplifier says of it. */
const PLANTS: [what: string, plant: Plant, says: RegExp][] = [
  ['phantom power without mains', withoutRule('mains before phantom'), /mains before phantom|phantom off before mains/],
  ['unmuted while it is cold', withoutRule('warm-up before unmute'), /warm-up before unmute|mute before mains off/],
  [
    'an interlock that does not wait',
    rules(({ interlocks }) => ({
      interlocks: interlocks!.map((one) => ({ ...one, must: { parameter: one.must.parameter, is: true } })),
    })),
    /mains before phantom|warm-up before unmute/,
  ],
  ['mains without least times', rules(() => ({ stays: { mute: { onMs: 1 } } })), /least time/],
  ['a step without a ramp', rules(({ delivery }) => ({ delivery: { level: delivery!['level']! } })), /step: gain/],
  ['values without a gap', rules(({ delivery }) => ({ delivery: { gain: delivery!['gain']! } })), /rate: level/],
  [
    'a range that is wider than that of the device',
    {
      model: (model) => ({
        ...model,
        parameters: model.parameters.map((one) =>
          one.id === 'gain' ? { ...one, range: { kind: 'continuous', min: -25, max: 25 } } : one,
        ),
      }),
    },
    /range: gain/,
  ],
  ['a safe value that is missing', rules(() => ({ safe: { mute: true, phantom: false } })), /not safe/],
  [
    'a lease that does not end',
    { to: (message) => (message.type === 'lease' ? { ...message, forMs: message.forMs + 100_000 } : message) },
    /not safe/,
  ],
  ['an answer that comes twice', { from: (message) => [message, message] }, /answered 2 times/],
  ['an answer that does not come', { from: ({ ...one }) => (one.type === 'refused' ? [] : [one]) }, /never answered/],
];

for (const [what, plant, says] of PLANTS)
  t.test(`planted, ${what} is found`, (t) => t.rejects(randomCommands(20_000, SEED, plant), { message: says }));
