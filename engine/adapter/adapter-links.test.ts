import type { Adapter, AdapterPort, Driver, Value } from '@audiocloud/api';
import t from 'tap';
import { AdapterLinks, LOOK_MS } from './adapter-links.ts';
import type { FromAdapter } from './adapter-message.ts';
import { boxModel } from './testing/box-model.ts';
import { settle, SteppedClock } from './testing/stepped-clock.ts';

const UNIT = 'acme:box:one';
const number = (id: string) => ({
  ...{ id, name: id, unit: 'none' as const, default: 0 },
  range: { kind: 'stepped' as const, min: 0, max: 9, step: 1 },
});
const MODEL = boxModel({
  parameters: [number('gain')],
});
const DRIVER: Driver = {
  model: 'acme:box',
  adapter: 'serial',
  port: { name: 'Box' },
  safe: { gain: 0 },
  parameters: { gain: { line: 'G{value}\n' } },
  reports: {},
};

/** One unit on one port, which is there until `unplug`. hold: its next write stays under way until it is called. */
function linksOf(gain: Value, driver: Driver = DRIVER) {
  const written: string[] = [];
  const emitted: FromAdapter[] = [];
  let isThere = true;
  let isWatched = false;
  let held: Promise<void> | undefined;
  const port: AdapterPort = {
    async write(bytes) {
      written.push(Buffer.from(bytes).toString('latin1').trim());
      await held;
    },
    onData: () => {},
    onClose: () => {},
    close: async () => {},
  };
  const adapter: Adapter = {
    list: async () => (isThere ? [{ id: 'box', attributes: { name: 'Box' } }] : []),
    open: async () => port,
  };
  const clock = new SteppedClock();
  const links = new AdapterLinks({ adapter, emit: (message) => emitted.push(message), clock });
  t.teardown(() => links.close());
  return {
    links,
    written,
    clock,
    add: () => links.receive({ type: 'instances', instances: [{ id: UNIT, model: MODEL, driver, values: [[gain]] }] }),
    set: (value: Value) => links.receive({ type: 'set', id: 1, instance: UNIT, parameter: 0, index: 0, value }),
    async plug(is: boolean) {
      isThere = is;
      if (isWatched) return clock.advance(LOOK_MS);
      isWatched = true;
      links.watch();
      await settle();
    },
    hold() {
      const { promise, resolve } = Promise.withResolvers<void>();
      held = promise;
      return () => {
        held = undefined;
        resolve();
        return settle();
      };
    },
    states: () => emitted.flatMap((one) => (one.type === 'state' ? one.state : [])),
    safe: () => emitted.flatMap((one) => (one.type === 'safe' ? [one.values] : [])),
  };
}

t.test('a value that is under way at the end of the lease does not outlive it', async (t) => {
  const { links, written, clock, add, set, plug, hold, safe } = linksOf(3);
  add();
  await plug(true);
  links.receive({ type: 'lease', forMs: 100 });
  const release = hold();
  set(9);
  await settle();
  await clock.advance(100);
  await release();
  t.same(written, ['G3', 'G9', 'G0']);
  t.same(safe(), [[[0]]]);
  await plug(false);
  await plug(true);
  t.equal(written.at(-1), 'G0', 'what is sent on the next connection');
});

t.test('what comes after the end of the lease is safe from its first byte', async (t) => {
  const { links, written, add, plug, safe } = linksOf(9);
  links.receive({ type: 'lease', forMs: 0 });
  add();
  await plug(true);
  t.same(written, ['G0']);
  t.same(safe(), [[[0]]]);
});

t.test('a port that goes while it is being connected is noticed without a write', async (t) => {
  const page = { size: 2, use: 'both' as const, header: [1], base: { ask: [0x3f], withinMs: 10_000 } };
  const { add, plug, states } = linksOf(0, {
    ...DRIVER,
    adapter: 'usb-hid',
    pages: { all: page },
    parameters: { gain: { page: { in: 'all', at: 1 } } },
  });
  add();
  await plug(true);
  t.same(states(), ['connecting'], 'it waits for its page');
  await plug(false);
  t.same(states().slice(0, 2), ['connecting', 'disconnected']);
});

t.test('a device that is away and answers late delays no look at one that is there', async (t) => {
  const clock = new SteppedClock();
  /** Of each list: when it began, and for which names. */
  const lists: [ms: number, names: string][] = [];
  let isThere = true;
  const port: AdapterPort = { write: async () => {}, onData: () => {}, onClose: () => {}, close: async () => {} };
  const adapter: Adapter = {
    async list(wanted) {
      const names = wanted.map(({ name }) => name!);
      lists.push([clock.now(), names.join(' ')]);
      if (names.includes('Away')) await new Promise<void>((resolve) => void clock.after(400, resolve));
      return names.includes('Box') && isThere ? [{ id: 'box', attributes: { name: 'Box' } }] : [];
    },
    open: async () => port,
  };
  const states: string[] = [];
  const emit = (one: FromAdapter) => void (one.type === 'state' && states.push(`${one.instance} ${one.state}`));
  const links = new AdapterLinks({ adapter, emit, clock });
  t.teardown(() => links.close());
  const away = { ...DRIVER, port: { name: 'Away' } };
  const instances = [
    { id: UNIT, model: MODEL, driver: DRIVER, values: [[0]] },
    { id: 'acme:box:away', model: MODEL, driver: away, values: [[0]] },
  ];
  links.receive({ type: 'instances', instances });
  links.watch();
  await clock.advance(1_450);
  t.ok(states.includes(`${UNIT} ready`));
  isThere = false;
  await clock.advance(LOOK_MS);
  t.equal(states.at(-1), `${UNIT} disconnected`, 'at the next look');
  t.same(lists.slice(0, 6), [
    [0, 'Box Away'],
    [500, 'Box'],
    [500, 'Away'],
    [1_000, 'Box'],
    [1_000, 'Away'],
    [1_500, 'Box'],
  ]);
});
