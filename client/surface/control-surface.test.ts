import { setTimeout as sleep } from 'node:timers/promises';
import type { SurfaceBinding, SurfaceMap, Task } from '@audiocloud/api';
import t, { type Test } from 'tap';
import { sharedTestDomain } from '../../domain/testing/test-domain.ts';
import { until } from '../../test/until.ts';
import { AudioCloudClient } from '../audio-cloud-client.ts';
import { ControlSurface } from './control-surface.ts';
import type { SurfaceMessage } from './surface-message.ts';
import type { SurfaceMistake } from './surface-mistake.ts';

// Against the real domain with its engine. The surface is what it says and hears: messages.

const graph: Task = {
  sampleRate: 48000,
  instances: {
    tone: { model: 'audiocloud:tone' },
    eq: { model: 'audiocloud:equalizer' },
    gain: { model: 'audiocloud:gain', parameters: { gain: 0 } },
  },
  connections: {
    a: { from: { node: 'tone' }, to: { node: 'eq' } },
    b: { from: { node: 'eq' }, to: { node: 'gain' } },
    c: { from: { node: 'gain' }, to: { node: 'out' } },
  },
  sinks: { out: { kind: 'stream', channels: 2 } },
};
const domain = await sharedTestDomain(t);
const client = new AudioCloudClient(domain.url);
const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));
let tasks = 0;

/** A new task with a surface on it, and somebody else who changes it too. */
async function surfaceOn(t: Test, bindings: readonly SurfaceBinding[]) {
  const id = `surface${tasks++}`;
  await client.tasks.create(graph, id);
  const map: SurfaceMap = {
    surfaces: { desk: { adapter: 'midi', port: { name: 'X' } } },
    bindings: [...bindings],
  };
  const heard: string[] = [];
  const rests: SurfaceMistake[] = [];
  const refused: string[] = [];
  let surface: ControlSurface | undefined;
  const refresh = () => surface?.refresh();
  const live = client.live(id, { name: 'desk', onEvent: refresh, onSnapshot: refresh, onModels: refresh });
  const other = client.live(id, { name: 'other' });
  await Promise.all([live.ready, other.ready]);
  const made = new ControlSurface({
    map,
    task: live,
    onRest: (mistake) => rests.push(mistake),
    onRefused: (name, { code }) => refused.push(`${name} ${code}`),
  });
  surface = made;
  const send = (message: SurfaceMessage) => void heard.push(Buffer.from(message as Uint8Array).toString('hex'));
  made.attach('desk', send);
  t.teardown(() => {
    made.close();
    live.close();
    other.close();
  });
  return {
    id,
    live,
    other,
    surface: made,
    heard,
    rests,
    refused,
    attach: () => made.attach('desk', send),
    say: (...messages: string[]) => {
      for (const message of messages) made.take('desk', bytes(message));
    },
    /** Somebody else sets it, and the surface has heard of it. */
    set: async (instance: string, parameter: string, value: number | boolean | string) => {
      await other.set({ instance, parameter, value });
      await until('the surface has heard of it', () => live.sequence >= other.sequence);
    },
    value: (instance: string, parameter: string, index = 0) => other.values(instance, parameter)[index],
  };
}

const pan = { instance: 'gain', parameter: 'pan' };
const motor: SurfaceBinding = {
  from: { cc: { channel: 1, controller: 7 } },
  to: pan,
  touch: { note: { channel: 1, note: 104 } },
};

t.test('surfaces', { timeout: 100_000 }, async (t) => {
  await t.test('a motor fader drives, follows others, and is left alone while a hand is on it', async (t) => {
    const { say, set, heard, value, other } = await surfaceOn(t, [motor]);
    // pan -1 to 1: the middle is 63.5, rounded up
    await until('it is shown what is', () => heard.at(-1) === 'b00740');
    say('90687f', 'b0077f');
    await until('it drives', () => value('gain', 'pan') === 1);
    const hand = () => other.presence.find(({ name }) => name === 'desk')?.touches[0]?.parameter;
    await until('the others see the hand', () => hand() === 'pan');
    await set('gain', 'pan', -1);
    await sleep(700);
    t.strictSame(heard, ['b00740'], 'nothing pulls against the hand, however long it rests');
    say('906800');
    await until('it goes where the value is when it is let go', () => heard.at(-1) === 'b00700');
    await until('the hand is gone', () => hand() === undefined);
    await set('gain', 'pan', 0.5);
    await until('it follows', () => heard.at(-1) === 'b0075f');
    t.equal(value('gain', 'pan'), 0.5, 'and does not move the value that it follows');
  });

  await t.test('fast moves keep the last value, with no echo to the fader', async (t) => {
    const { say, heard, value } = await surfaceOn(t, [motor]);
    await until('it is shown what is', () => heard.length === 1);
    say('90687f');
    for (let i = 0; i < 2000; i++) say(`b007${(i % 128).toString(16).padStart(2, '0')}`);
    say('b00705', '906800');
    const wanted = -1 + (2 * 5) / 127;
    await until('the last one is there', () => Math.abs((value('gain', 'pan') as number) - wanted) < 1e-12);
    await sleep(700);
    t.equal(heard.length, 1, 'not told where it is');
  });

  await t.test('a surface that says again what it is told moves nothing', async (t) => {
    const { touch: _, ...withoutTouch } = motor;
    const { say, set, heard, value } = await surfaceOn(t, [{ ...withoutTouch, feedback: 'motor' }]);
    const echoed = new Set<number>();
    const echo = setInterval(() => {
      for (const [i, message] of heard.entries())
        if (!echoed.has(i)) {
          echoed.add(i);
          setTimeout(() => say(message), 80);
        }
    }, 5);
    t.teardown(() => clearInterval(echo));
    for (let i = 0; i <= 40; i++) {
      await set('gain', 'pan', i / 40);
      await sleep(20);
    }
    await sleep(1000);
    t.equal(value('gain', 'pan'), 1);
    const told = heard.length;
    await sleep(600);
    t.equal(heard.length, told, 'and the echo ends');
    t.equal(heard.at(-1), 'b0077f');
  });

  await t.test('without a motor a fader waits until it meets the value', async (t) => {
    const { say, set, heard, value } = await surfaceOn(t, [{ from: { cc: { channel: 1, controller: 7 } }, to: pan }]);
    const moved = async (message: string) => {
      say(message);
      await sleep(150);
      return value('gain', 'pan');
    };
    t.equal(await moved('b00700'), 0, 'far below');
    t.equal(await moved('b00720'), 0, 'nearer');
    t.ok(Math.abs(((await moved('b00770')) as number) - (-1 + (2 * 112) / 127)) < 1e-12, 'across it');
    t.equal(await moved('b0077f'), 1, 'from there it counts');
    await set('gain', 'pan', -1);
    t.equal(await moved('b0077e'), -1, 'somebody else has moved it away');
    t.equal(await moved('b00700'), -1);
    t.ok(Math.abs(((await moved('b00705')) as number) - (-1 + (2 * 5) / 127)) < 1e-12);
    t.strictSame(heard, []);
  });

  await t.test('encoders turn from where the value is, by clicks; their ring shows it', async (t) => {
    const ring: SurfaceBinding = {
      from: { cc: { channel: 1, controller: 16, relative: 'twos-complement' } },
      to: pan,
      feedbackTo: { control: { cc: { channel: 1, controller: 48 } }, values: [1, 11] },
    };
    const list: SurfaceBinding = {
      from: { cc: { channel: 1, controller: 17, relative: 'sign-bit' } },
      to: { instance: 'tone', parameter: 'type' },
      feedback: 'none',
    };
    const { say, set, heard, value } = await surfaceOn(t, [ring, list]);
    await until('the ring shows the middle', () => heard.at(-1) === 'b03006');
    for (let click = 0; click < 26; click++) say('b01001');
    await until('26 clicks of a hundred', () => Math.abs((value('gain', 'pan') as number) - 0.52) < 1e-9);
    await until('the ring follows', () => heard.at(-1) === 'b03009');
    await set('gain', 'pan', -1);
    await until('also somebody else', () => heard.at(-1) === 'b03001');
    say('b01002');
    await until('from there', () => Math.abs((value('gain', 'pan') as number) + 0.96) < 1e-9);
    say('b01101', 'b01101', 'b01141');
    await until('a click of a list is one position', () => value('tone', 'type') === 'saw');
  });

  await t.test('keys switch and light up, pressed or as long as they are held', async (t) => {
    const { say, set, heard, value } = await surfaceOn(t, [
      { from: { note: { channel: 1, note: 16 } }, to: { instance: 'gain', parameter: 'mute' } },
      {
        from: { note: { channel: 1, note: 17 } },
        to: { instance: 'eq', parameter: 'gain', index: 2, range: [0, 6] },
        mode: 'momentary',
        feedback: 'none',
      },
    ]);
    await until('dark', () => heard.at(-1) === '901000');
    say('90107f', '901000');
    await until('switched', () => value('gain', 'mute') === true);
    await until('lit', () => heard.at(-1) === '90107f');
    await set('gain', 'mute', false);
    await until('dark again', () => heard.at(-1) === '901000');
    say('90117f');
    await until('held', () => value('eq', 'gain', 2) === 6);
    say('801140');
    await until('let go', () => value('eq', 'gain', 2) === 0);
    t.equal(value('eq', 'gain', 1), 0, 'its neighbour is left alone');
  });

  await t.test('program changes choose from a list, and are told what is chosen', async (t) => {
    const { say, set, heard, value } = await surfaceOn(t, [
      { from: { program: { channel: 1 } }, to: { instance: 'tone', parameter: 'type' }, feedback: 'lamp' },
    ]);
    await until('the first', () => heard.at(-1) === 'c000');
    say('c002');
    await until('the third', () => value('tone', 'type') === 'square');
    await set('tone', 'type', 'pink');
    await until('the sixth', () => heard.at(-1) === 'c005');
  });

  await t.test('a fader with steps goes to its step when the hand is gone', async (t) => {
    const { say, heard, value } = await surfaceOn(t, [
      { ...motor, to: { instance: 'tone', parameter: 'type', range: ['sine', 'square'] } },
    ]);
    await until('shown', () => heard.at(-1) === 'b00700');
    say('90687f', 'b00738', '906800');
    await until('the nearest one', () => value('tone', 'type') === 'saw');
    await until('is where the fader goes', () => heard.at(-1) === 'b00740');
  });

  await t.test('14 bits without a lower half count all the same', async (t) => {
    const { say, value } = await surfaceOn(t, [
      { from: { cc: { channel: 1, controller: 7, bits: 14 } }, to: pan, pickUp: false },
    ]);
    say('b00720');
    await until('it counts', () => Math.abs((value('gain', 'pan') as number) - (-1 + (2 * 0x1000) / 0x3fff)) < 1e-12);
  });

  await t.test('plugged in again it is shown everything, and a hand that was on it is gone', async (t) => {
    const { say, set, heard, surface, attach } = await surfaceOn(t, [motor]);
    await until('shown', () => heard.length === 1);
    say('90687f');
    surface.detach('desk');
    await set('gain', 'pan', 1);
    await sleep(100);
    t.equal(heard.length, 1, 'nobody is there to hear it');
    attach();
    await until('shown again', () => heard.at(-1) === 'b0077f');
    surface.resend();
    await until('and when the domain was away', () => heard.length === 3);
    t.equal(heard[2], 'b0077f');
    say('90687f');
    surface.resend();
    await sleep(200);
    t.equal(heard.length, 3, 'but not against a hand');
    say('906800');
    await until('only when that is gone', () => heard.length === 4);
  });

  await t.test('without its instance a binding rests, and goes on when it is back', async (t) => {
    const { say, heard, rests, other, value } = await surfaceOn(t, [motor]);
    await until('shown', () => heard.length === 1);
    await other.edit([
      { op: 'remove', part: 'connections', name: 'b' },
      { op: 'remove', part: 'connections', name: 'c' },
      { op: 'remove', part: 'instances', name: 'gain' },
    ]);
    await until('it rests', () => rests.length === 1);
    t.match(rests, [{ check: 'instance-unknown', place: '/bindings/0/to/instance' }]);
    say('b0077f');
    await other.edit([
      { op: 'put', part: 'instances', name: 'gain', value: { model: 'audiocloud:gain', parameters: { pan: -1 } } },
    ]);
    await until('it is shown what is', () => heard.at(-1) === 'b00700');
    say('b0077f');
    await until('it drives', () => value('gain', 'pan') === 1);
  });
});
