import type { Driver, Value } from '@audiocloud/api';
import t from 'tap';
import { AdapterLinks } from './adapter-links.ts';
import type { FromAdapter } from './adapter-message.ts';
import { boxModel } from './testing/box-model.ts';
import { settle, SteppedClock } from './testing/stepped-clock.ts';

const range = { kind: 'stepped', min: 0, max: 9, step: 1 } as const;
const MODEL = boxModel({
  parameters: [
    { id: 'gain', name: 'Gain', unit: 'none', range, default: 7 },
    { id: 'pan', name: 'Pan', unit: 'none', range, default: 2 },
  ],
});
const DRIVER: Driver = {
  model: 'acme:box',
  adapter: 'serial',
  port: { kind: 'box' },
  await: { line: 'OK', refused: 'NO', withinMs: 60_000 },
  parameters: { gain: { line: 'G{value}\n' }, pan: { line: 'P{value}\n' } },
  reports: {},
};
const LOOK_MS = 500;

/** A bus with one box, which refuses a gain of 7 and more, on a clock that stands. */
function bus() {
  const clock = new SteppedClock();
  const written: string[] = [];
  const states: FromAdapter[] = [];
  const answers = new Map<number, FromAdapter>();
  const box = { portId: 'one' as string | undefined, most: 6 };
  const links = new AdapterLinks({
    clock,
    emit: (message) => {
      if (message.type === 'state') states.push(message);
      else if (message.type === 'taken' || message.type === 'refused') answers.set(message.id, message);
    },
    adapter: {
      list: async () => (box.portId === undefined ? [] : [{ id: box.portId, attributes: { kind: 'box' } }]),
      open: async () => {
        let say: (bytes: Uint8Array) => void = () => {};
        return {
          async write(bytes) {
            const text = Buffer.from(bytes).toString().trim();
            written.push(text);
            const isRefused = text.startsWith('G') && Number(text.slice(1)) > box.most;
            queueMicrotask(() => say(Buffer.from(isRefused ? 'NO\n' : 'OK\n')));
          },
          onData: (callback) => {
            say = callback;
          },
          onClose: () => {},
          close: async () => {},
        };
      },
    },
  });
  links.receive({
    type: 'instances',
    instances: [{ id: 'acme:box:one', model: MODEL, driver: DRIVER, values: [[7], [2]] }],
  });
  t.teardown(() => links.close());
  let lastId = 0;
  return {
    box,
    written,
    answers,
    state: () => states.at(-1) as Extract<FromAdapter, { type: 'state' }>,
    set(parameter: number, value: Value): number {
      links.receive({ type: 'set', id: ++lastId, instance: 'acme:box:one', parameter, index: 0, value });
      return lastId;
    },
    /** Looks as its process does. Returns when gains were sent, in ms from now. */
    async pass(ms: number): Promise<number[]> {
      const sentMs: number[] = [];
      for (let atMs = 0; atMs < ms; atMs += LOOK_MS) {
        const before = written.length;
        await links.look('held');
        await links.look('sought');
        for (let i = 0; i < 20; i++) await settle();
        if (written.slice(before).some((text) => text.startsWith('G'))) sentMs.push(atMs);
        await clock.advance(LOOK_MS);
      }
      return sentMs;
    },
  };
}

t.test('a unit that refuses what is sent first is tried less and less often, and says why', async (t) => {
  const { pass, state } = bus();
  t.same(await pass(130_000), [0, 1000, 3000, 7000, 15_000, 31_000, 61_000, 91_000, 121_000]);
  t.match(state(), {
    state: 'faulty',
    error: { code: 'VALUE_REFUSED', message: /the device refused it; .*; it is tried again in 30 s, and as soon as/ },
  });
});

t.test('another value is tried at once; one that is refused too is forgotten', async (t) => {
  const { pass, state, set, answers, written } = bus();
  await pass(40_000);
  const refused = set(0, 8);
  t.same(await pass(1000), [0]);
  t.match(answers.get(refused), { type: 'refused', error: { code: 'VALUE_REFUSED' } });
  await pass(40_000);
  t.equal(written.filter((text) => text === 'G8').length, 1, 'what was there before is tried from then on');
  const taken = [set(0, 5), set(1, 3)];
  t.same(await pass(1000), [0]);
  for (const id of taken) t.match(answers.get(id), { type: 'taken', outcome: 'sent' });
  t.equal(state().state, 'ready');
  t.same(written.slice(-2), ['G5', 'P3']);
  const again = set(0, 4);
  await pass(500);
  t.match(answers.get(again), { type: 'taken', outcome: 'sent' });
  t.equal(written.at(-1), 'G4');
});

t.test('a value that no parameter could have is refused by itself, whether others are on trial or not', async (t) => {
  const { pass, set, answers } = bus();
  await pass(40_000);
  const loud = set(0, 'loud');
  const refused = set(0, 8);
  await pass(1000);
  t.match(answers.get(loud), { type: 'refused', error: { code: 'PARAMETER_VALUE' } });
  t.match(answers.get(refused), { type: 'refused', error: { code: 'VALUE_REFUSED' } });
  const alone = set(0, 'loud');
  await pass(40_000);
  t.match(answers.get(alone), { type: 'refused', error: { code: 'PARAMETER_VALUE' } });
});

t.test('another device is tried at once, and who waits is told when there is none', async (t) => {
  const { box, pass, state, set, answers } = bus();
  await pass(40_000);
  box.portId = undefined;
  const id = set(0, 5);
  t.same(await pass(500), []);
  t.match(answers.get(id), {
    error: {
      code: 'FIXED_INSTANCE_UNAVAILABLE',
      message: 'Cannot set acme:box:one: it is not connected; connect the device',
    },
  });
  t.equal(state().state, 'disconnected');
  Object.assign(box, { portId: 'two', most: 9 });
  t.same(await pass(2000), [0]);
  t.equal(state().state, 'ready');
});
