import type { GraphEdit, Instance, Task } from '@audiocloud/api';
import t, { type Test } from 'tap';
import { distance, sine } from '../plugins/testing/signals.ts';
import { audio, DrivenTask, openRegistry, RATE, steepest } from './driven-task.ts';

// Another impulse response while a sine plays through it: a crossfade, no click; the same one again changes nothing.
const registry = await openRegistry();
const HZ = 440;
/** Rings at the pitch of the sine: it fills evenly, so that nothing is louder on the way than at its end. */
const ringing = (seconds: number, phase: number) =>
  Float32Array.from(
    { length: Math.round(seconds * RATE) },
    (_, n) => Math.cos((2 * Math.PI * HZ * n) / RATE + phase) * Math.exp((-6.9 * n) / seconds / RATE),
  );
const media = {
  sound: audio(sine(20 * RATE, HZ, RATE, 0.3)),
  room: audio(ringing(0.3, 0), ringing(0.3, 1)),
  hall: audio(ringing(0.8, 2)),
  four: audio(ringing(0.2, 0), ringing(0.2, 1), ringing(0.2, 2), ringing(0.2, 0.5)),
};
const reverb = (impulse: string | undefined, more: Instance['parameters'] = {}): Instance => ({
  model: 'audiocloud:convolution',
  widths: { in: 1, out: 1 },
  parameters: { dry: -12, wet: 0, ...more },
  ...(impulse ? { media: { impulse } } : {}),
});
const graph: Task = {
  sampleRate: RATE,
  media: { sound: { path: 'sound.wav' }, room: { path: 'room.wav' } },
  tracks: { track: { channels: 1, clips: [{ media: 'sound', startSeconds: 0 }] } },
  instances: { reverb: reverb('room') },
  connections: {
    a: { from: { node: 'track' }, to: { node: 'reverb' } },
    b: { from: { node: 'reverb' }, to: { node: 'main' } },
  },
  sinks: { main: { kind: 'stream', channels: 1 } },
};
const put = (value: Instance): GraphEdit[] => [{ op: 'put', part: 'instances', name: 'reverb', value }];
const BLOCKS = RATE / 128;

function start(): DrivenTask {
  const driven = new DrivenTask(graph, { registry, media });
  driven.play();
  driven.render(BLOCKS);
  return driven;
}

/** Edits, and compares the steps from then on with those that the sound makes before and after. */
function check(t: Test, edit: (driven: DrivenTask) => void): DrivenTask {
  const driven = start();
  const before = driven.render(40)[0]!;
  edit(driven);
  const during = driven.render(2 * BLOCKS)[0]!;
  while (driven.settle());
  const after = driven.render(40)[0]!;
  const own = Math.max(steepest(before), steepest(after));
  const seam = Math.abs(during[0]! - before.at(-1)!);
  t.ok(Math.max(steepest(during), seam) <= 1.1 * own, `steps of ${steepest(during)} and ${seam}, its own ${own}`);
  return driven;
}

for (const [name, value] of [
  ['another response', reverb('hall')],
  ['one of four channels', reverb('four')],
  ['none', reverb(undefined)],
  ['a shorter part of it', reverb('room', { length: 0.1 })],
  ['a later part of it', reverb('room', { start: 0.05 })],
] as const)
  t.test(`${name}: no step above 1.1 times its own`, async (t) => {
    const driven = check(t, (driven) => driven.edit(put(value)));
    const alone = new DrivenTask({ ...graph, instances: { reverb: value } }, { registry, media });
    alone.play();
    alone.render(3 * BLOCKS + 80);
    const [found, wanted] = [driven.render(10)[0]!, alone.render(10)[0]!];
    t.ok(distance(found, wanted) < 1e-5, `then it is what it sounds like by itself: ${distance(found, wanted)}`);
  });

t.test('another sound under the same name is faded in as well', async (t) => {
  const edit: GraphEdit = { op: 'put', part: 'media', name: 'room', value: { path: 'another.wav' } };
  const driven = check(t, (driven) => driven.edit([edit], { ...media, room: media.hall }));
  const alone = new DrivenTask({ ...graph, instances: { reverb: reverb('hall') } }, { registry, media });
  alone.play();
  alone.render(3 * BLOCKS + 80);
  t.ok(distance(driven.render(10)[0]!, alone.render(10)[0]!) < 1e-5, 'then it is that sound');
});

t.test('the same media again, another object or not, leaves the instance as it is', async (t) => {
  const [edited, untouched] = [start(), start()];
  const isHere = ({ task }: DrivenTask) => task.image.instances.map(({ record }) => record);
  const before = isHere(edited);
  const copy = audio(...media.room.data.map((channel) => channel.slice()));
  edited.edit([...put(reverb('room')), { op: 'put', part: 'media', name: 'room', value: { path: 'copy.wav' } }], {
    ...media,
    room: copy,
  });
  t.same(isHere(edited), before);
  t.equal(distance(edited.render(50)[0]!, untouched.render(50)[0]!), 0, 'not a bit of its tail is lost');
  edited.edit(put(reverb('room', { wet: -6 })));
  t.same(isHere(edited), before, 'values are sent to it');
});
