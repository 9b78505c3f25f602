import t, { type Test } from 'tap';
import type { GraphNode } from '../plan/graph.ts';
import { Claim } from './claim.ts';

const PERIOD_NS = 1_000_000;

/** A claim of two instances that were predicted to take 0.3 of a block each, beside 0.1 of the host. */
function claim(usualRatio = () => 1, spread = () => 1) {
  const state = { isPlaying: false, asleep: new Set<string>() };
  const made = new Claim(
    PERIOD_NS,
    () => state.isPlaying,
    (name) => state.asleep.has(name),
    usualRatio,
    spread,
  );
  const node = (name: string): GraphNode => ({
    name,
    kind: 'instance',
    model: undefined,
    fixed: false,
    sound: undefined,
    depth: 0,
    group: 0,
    inputs: [],
    outputs: [],
    inputChannels: 0,
    outputChannels: 0,
  });
  const predict = () => {
    made.prediction = { ns: 700_000, nodes: [node('a'), node('b')], nodeNs: Float64Array.of(300_000, 300_000) };
  };
  predict();
  const observe = (...loads: (number | undefined)[]) => {
    for (const load of loads) made.observe(load);
  };
  return { made, state, predict, observe };
}
const near = (test: Test, found: number, wanted: number, what: string) =>
  test.ok(Math.abs(found - wanted) < 1e-9, `${what}: ${found}, wanted ${wanted}`);

t.test('a stopped task claims nothing, a playing one what was predicted', async (t) => {
  const { made, state } = claim();
  t.equal(made.load, 0);
  made.isStarting = true;
  near(t, made.load, 0.7, 'starting');
  made.isStarting = false;
  state.isPlaying = true;
  near(t, made.load, 0.7, 'playing');
});

t.test('a task that turns out cheaper frees room after three measurements, half of its claim at most', async (t) => {
  const { made, state, observe } = claim();
  state.isPlaying = true;
  observe(0.42, 0.42, 0.42);
  near(t, made.load, 0.7, 'the first second was not whole, two are too few');
  observe(0.42);
  near(t, made.load, 0.42, 'three');
  observe(...Array(30).fill(0.07));
  near(t, made.load, 0.35, 'a tenth of the prediction: half is kept');
});

t.test('a task that turns out dearer claims more at once, and less only when thirty seconds agree', async (t) => {
  const { made, state, observe } = claim();
  state.isPlaying = true;
  observe(0.7, 1.4);
  near(t, made.load, 1.4, 'after one measurement');
  observe(...Array(29).fill(0.7));
  near(t, made.load, 1.4, '29 later');
  observe(0.7);
  near(t, made.load, 0.7, '30 later');
  observe(70);
  near(t, made.load, 2.8, 'four times at most');
});

t.test(
  'a task claims what its quickest second would be in a slow spell, and what it really took if that is more',
  async (t) => {
    const { made, state, observe } = claim(undefined, () => 1.5);
    state.isPlaying = true;
    observe(0.7, 0.7, 0.7);
    near(t, made.load, 0.7, 'too little is measured');
    observe(0.84);
    near(t, made.load, 1.05, 'the quickest');
    t.equal(made.seenSpread, undefined);
    observe(1.4);
    near(t, made.load, 1.4, 'the slowest');
    near(t, made.seenRatio, 2, 'by what was predicted');
    observe(...Array(26).fill(0.7));
    near(t, made.seenSpread!, 2, 'of thirty seconds');
    observe(...Array(30).fill(0.35));
    near(t, made.seenSpread!, 1, 'of the last thirty');
  },
);

t.test('sleepers do not make a task cheaper', async (t) => {
  const { made, state, observe } = claim();
  state.isPlaying = true;
  state.asleep.add('a');
  observe(0.4, 0.4, 0.4, 0.4, 0.4);
  near(t, made.load, 0.7, 'b and the host take what was predicted of them');
  state.asleep.add('b');
  observe(...Array(31).fill(0.01));
  near(t, made.load, 0.7, 'with nearly all asleep nothing is learnt');
});

t.test('a second with a stop, an edit or no quiet turn in it is not measured', async (t) => {
  const { made, state, predict, observe } = claim();
  state.isPlaying = true;
  observe(0.7, undefined, undefined, undefined);
  predict();
  observe(2.1);
  state.isPlaying = false;
  observe(2.1);
  state.isPlaying = true;
  observe(2.1);
  near(t, made.load, 0.7, 'as at first');
});

t.test('until it is measured a task is taken to be as dear as the others turned out', async (t) => {
  const { made, state, observe } = claim(() => 2);
  state.isPlaying = true;
  near(t, made.load, 1.4, 'twice');
  observe(0.7, 0.7, 0.7, 0.7);
  near(t, made.load, 0.7, 'its own');
});
