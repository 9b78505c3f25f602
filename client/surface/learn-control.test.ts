import t from 'tap';
import { ControlLearner, type LearntControl } from './learn-control.ts';
import type { SurfaceMessage } from './surface-message.ts';

const bytes = (text: string): SurfaceMessage[] =>
  text.split(' ').map((one) => Uint8Array.from(Buffer.from(one, 'hex')));
const byte = (value: number) => value.toString(16).padStart(2, '0');
/** One message for each value, by a pattern in which `xx` is the value. */
const sweep = (pattern: string, values: readonly number[]) =>
  bytes(values.map((value) => pattern.replaceAll('xx', byte(value))).join(' '));
const osc = (address: string, type: 'f' | 'i' | 'T', ...values: (number | boolean)[]): SurfaceMessage[] =>
  values.map((value) => ({ address, arguments: [{ type, value }] }));

/** What is learnt of messages that come 10 ms apart. */
function learn(messages: readonly SurfaceMessage[], quietMs = 500): LearntControl | 'turn-back' | undefined {
  const learner = new ControlLearner();
  let now = 1000;
  for (const message of messages) {
    t.equal(learner.learnt(now), undefined, 'not before the move is over');
    now += 10;
    learner.take(message, now);
  }
  return learner.learnt(now + quietMs);
}
const fader = (from: object, touch?: object) => ({
  from,
  ...(touch ? { touch } : {}),
  kind: 'fader',
  isReleased: false,
});

t.test('faders: one move says how they speak', async (t) => {
  const way = [64, 66, 70, 75, 90, 100];
  t.strictSame(learn(sweep('b007xx', way)), fader({ cc: { channel: 1, controller: 7 } }));
  t.strictSame(
    learn(sweep('b107xx b12711', way)),
    fader({ cc: { channel: 2, controller: 7, bits: 14 } }),
    'both halves',
  );
  t.strictSame(
    learn(sweep('b06302 b0622c b006xx b02611 b0657f b0647f', way)),
    fader({ nrpn: { channel: 1, number: 300, bits: 14 } }),
  );
  t.strictSame(
    learn([...bytes('b06302 b0622c'), ...sweep('b006xx', way)]),
    fader({ nrpn: { channel: 1, number: 300, bits: 7 } }),
    'its number said once',
  );
  t.strictSame(learn(sweep('e00bxx', way)), fader({ bend: { channel: 1 } }));
});

t.test('a hand on a fader is its touch sense, whatever else trembles', async (t) => {
  const moved = sweep('e0xxxx', [10, 20, 30, 40]);
  const noise = bytes('b00905 f8 fe d001');
  t.strictSame(
    learn([...bytes('90687f'), ...moved, ...noise, ...bytes('906800')]),
    fader({ bend: { channel: 1 } }, { note: { channel: 1, note: 104 } }),
  );
  t.strictSame(
    learn([...bytes('b0407f'), ...sweep('b007xx', [1, 5, 9, 14]), ...bytes('b04000')]),
    fader({ cc: { channel: 1, controller: 7 } }, { cc: { channel: 1, controller: 64 } }),
  );
  t.strictSame(
    learn([...osc('/1/fader1/z', 'f', 1), ...osc('/1/fader1', 'f', 0.1, 0.2, 0.3), ...osc('/1/fader1/z', 'f', 0)]),
    fader({ osc: { address: '/1/fader1' } }, { osc: { address: '/1/fader1/z' } }),
  );
});

t.test('while a hand is on it, the move is not over; a touch that never ends does not hold it up', async (t) => {
  const held = [...bytes('90687f'), ...sweep('e0xxxx', [10, 20, 30])];
  t.equal(learn(held, 2000), undefined);
  t.match(learn(held, 3500), { touch: { note: { note: 104 } } });
});

t.test('encoders: both directions say how they count', async (t) => {
  const turn = (...values: number[]) => learn(sweep('b010xx', values));
  const encoder = (relative: string) => ({
    from: { cc: { channel: 1, controller: 16, relative } },
    kind: 'encoder',
    isReleased: false,
  });
  t.strictSame(turn(1, 1, 1, 2, 127, 127, 126), encoder('twos-complement'));
  t.strictSame(turn(65, 65, 65, 63, 63), encoder('offset'));
  t.strictSame(turn(1, 1, 2, 65, 65, 66), encoder('sign-bit'));
  t.equal(turn(1, 1, 1, 1), 'turn-back', 'two codes count so to the right');
  t.equal(turn(65, 65, 65), 'turn-back', 'right of one code, left of another');
  t.strictSame(turn(60, 61, 62, 63, 65, 66), fader({ cc: { channel: 1, controller: 16 } }), 'a fader near its middle');
  t.strictSame(turn(0, 1, 2, 3, 2, 1), fader({ cc: { channel: 1, controller: 16 } }), 'a fader near its end');
});

t.test('after the way back an encoder is known', async (t) => {
  const learner = new ControlLearner();
  for (const message of sweep('b010xx', [1, 1, 1])) learner.take(message, 0);
  t.equal(learner.learnt(500), 'turn-back');
  learner.take(bytes('b0107f')[0]!, 600);
  t.match(learner.learnt(1100), { from: { cc: { relative: 'twos-complement' } } });
});

t.test('buttons and programs', async (t) => {
  const button = (from: object, isReleased: boolean) => ({ from, kind: 'button', isReleased });
  t.strictSame(learn(bytes('903c40 803c00')), button({ note: { channel: 1, note: 60 } }, true));
  t.strictSame(learn(bytes('b0147f b01400')), button({ cc: { channel: 1, controller: 20 } }, true));
  t.strictSame(learn(bytes('b0147f')), button({ cc: { channel: 1, controller: 20 } }, false));
  t.strictSame(learn(osc('/push', 'T', true, false)), button({ osc: { address: '/push', type: 'T' } }, true));
  t.strictSame(learn([{ address: '/go', arguments: [] }]), button({ osc: { address: '/go' } }, false));
  t.strictSame(learn(bytes('c205')), { from: { program: { channel: 3 } }, kind: 'program', isReleased: false });
});

t.test('OSC: type and range of what came', async (t) => {
  t.strictSame(learn(osc('/a', 'f', 0.1, 0.5, 0.9)), fader({ osc: { address: '/a' } }));
  t.strictSame(learn(osc('/a', 'i', 5, 50, 90)), fader({ osc: { address: '/a', type: 'i', range: [0, 100] } }));
  t.strictSame(learn(osc('/a', 'f', -0.5, 0.1, 0.3)), fader({ osc: { address: '/a', range: [-1, 1] } }));
});

t.test('what is of no control is not learnt', async (t) => {
  t.equal(
    learn([...bytes('f8 fe f07df7 d040 a03c10'), { address: '/t', arguments: [{ type: 's', value: 'x' }] }]),
    undefined,
  );
});
