import type { Notes, Task } from '@audiocloud/api';
import { renderTask } from '@audiocloud/engine';
import t from 'tap';
import { audio, DrivenTask, openRegistry, RATE } from './driven-task.ts';
import { changesOf, keysPackage } from './testing/keys-package.ts';

// Notes through the whole engine, on an instrument that says in every frame what it was sent.

const registry = await openRegistry(await keysPackage(t));
const BLOCK = 128;
const media = { hit: audio(new Float32Array(4800).fill(0.5)) };

const note = (from: number, frames: number, key: number, velocity = 100, channel = 1): Notes['notes'][number] => ({
  seconds: from / RATE,
  lengthSeconds: frames / RATE,
  note: key,
  velocity,
  channel,
});
const part = (...notes: Notes['notes']): Notes => ({ instance: 'synth', notes });
const taskOf = (notes: Record<string, Notes>, more: Partial<Task> = {}): Task => ({
  sampleRate: RATE,
  media: { hit: { path: 'hit.wav' } },
  instances: { synth: { model: 'test:keys' } },
  connections: { out: { from: { node: 'synth' }, to: { node: 'main' } } },
  sinks: { main: { kind: 'stream', channels: 4 } },
  notes,
  ...more,
});
const render = (task: Task, frames: number, more: object = {}) =>
  renderTask({ task, media, registry, toSeconds: frames / RATE, ...more }).then(({ data }) => data);
const driven = (task: Task) => new DrivenTask(task, { registry, media });
const isSame = (a: Float32Array[], b: Float32Array[]) =>
  a.every((channel, c) => channel.length === b[c]!.length && channel.every((x, i) => Object.is(x, b[c]![i])));

const melody: Notes = {
  ...part(note(0, 1000, 60, 10), note(500, 1000, 64, 20), note(500, 700, 67, 40), note(5000, 1, 60, 80)),
  messages: [
    { seconds: 700 / RATE, bytes: [0xb0, 64, 127] },
    { seconds: 3000 / RATE, bytes: [0xe0, 1, 2] },
  ],
};

t.test('each note is heard from its frame to its frame', async (t) => {
  const [keys, pads, message] = await render(
    taskOf({ melody, drums: { ...part(note(300, 30, 36, 5)), port: 'pads' } }),
    6000,
  );
  t.same(changesOf(keys!), [
    [0, 10],
    [500, 70],
    [1000, 60],
    [1200, 20],
    [1500, 0],
    [5000, 80],
    [5001, 0],
  ]);
  t.same(changesOf(pads!), [
    [0, 0],
    [300, 5],
    [330, 0],
  ]);
  t.same(changesOf(message!, 2 ** 24), [
    [0, 0],
    [700, 0xb0 + (64 << 8) + (127 << 16)],
    [3000, 0xe0 + (1 << 8) + (2 << 16)],
  ]);
});

t.test('live is offline, bit for bit, in blocks of any size', async (t) => {
  const task = taskOf({ melody });
  const offline = await render(task, 6400);
  const live = driven(task);
  live.play();
  t.ok(isSame(live.render(50), offline), 'live');
  for (const blockFrames of [1, 97, 480, 4096])
    t.ok(isSame(await render(task, 6400, { blockFrames }), offline), `${blockFrames}`);
});

t.test('a task ends with its last note where nothing else says so', async (t) => {
  const { frames } = await renderTask({ task: taskOf({ melody }), media, registry });
  t.equal(frames, 5001);
  await t.rejects(renderTask({ task: taskOf({}), media, registry }), {
    code: 'REQUEST_INVALID',
    message: /no end of its own/,
  });
});

t.test('a loop begins its notes anew each time, and none sounds over its seam', (t) => {
  const live = driven(taskOf({ part: part(note(100, 2000, 60, 10), note(900, 300, 62, 20)) }));
  live.loop(0, 1000);
  live.play();
  const [keys] = live.render(24); // 3,072 frames: the seam falls inside a block
  const rounds = [0, 1000, 2000, 3000].flatMap((start) => [
    [start, 0],
    [start + 100, 10],
    [start + 900, 30],
  ]);
  t.same(changesOf(keys!), rounds.slice(0, 10));
  t.end();
});

t.test('a seek ends what sounds; what began before the place is not begun again', (t) => {
  const live = driven(taskOf({ part: part(note(0, 40_000, 60, 10), note(20_000, 5000, 62, 20)) }));
  live.play();
  t.equal(changesOf(live.render(8)[0]!).at(-1)![1], 10);
  live.seek(19_968);
  t.same(changesOf(live.render(2)[0]!), [
    [0, 0],
    [32, 20],
  ]);
  live.seek(22_000);
  t.same(changesOf(live.render(4)[0]!), [[0, 0]]);
  live.stop();
  live.render(1);
  live.play(128, 2);
  t.same(changesOf(live.render(2)[0]!), [[0, 0]], 'and neither where play begins in the middle of one');
  t.end();
});

t.test(
  'a pedal that is down at the seam of a loop goes up there, and is down again where the timeline says so',
  (t) => {
    const messages = [{ seconds: 500 / RATE, bytes: [0xb0, 64, 127] }];
    const live = driven(taskOf({ part: { ...part(), messages } }));
    live.loop(0, 1000);
    live.play();
    const [up, down] = [0xb0 + (64 << 8), 0xb0 + (64 << 8) + (127 << 16)];
    t.same(changesOf(live.render(20)[2]!, 2 ** 24), [
      [0, 0],
      [500, down],
      [1000, up],
      [1500, down],
      [2000, up],
      [2500, down],
    ]);
    live.stop();
    live.render(1);
    live.play(900, 2);
    t.equal(changesOf(live.render(1)[2]!, 2 ** 24)[0]![1], down, 'play that begins behind it has it down');
    t.end();
  },
);

t.test('an edit of notes that sound: what still ends goes on, what does not is ended', (t) => {
  const live = driven(taskOf({ part: part(note(0, 5000, 60, 10), note(0, 5000, 62, 20)) }));
  live.play();
  live.render(10);
  live.edit([{ op: 'put', part: 'notes', name: 'part', value: part(note(0, 2000, 60, 10)) }]);
  t.same(changesOf(live.render(10)[0]!), [
    [0, 10],
    [720, 0],
  ]);
  live.edit([{ op: 'put', part: 'notes', name: 'more', value: part(note(2600, 5000, 65, 40)) }]);
  t.same(changesOf(live.render(2)[0]!), [
    [0, 0],
    [40, 40],
  ]);
  live.edit([{ op: 'remove', part: 'notes', name: 'more' }]);
  t.same(changesOf(live.render(2)[0]!), [[0, 0]], 'without its notes nothing sounds');
  t.end();
});

t.test('more notes at once than a list holds: late, but none is lost', async (t) => {
  const many = Array.from({ length: 400 }, (_, i) => note(50, 1000, i % 100, 1, 1 + Math.floor(i / 100)));
  const live = driven(taskOf({ part: part(...many) }));
  live.play();
  const [keys] = live.render(20);
  t.same(
    changesOf(keys!).map(([, value]) => value),
    [0, 128, 256, 384, 400, 272, 144, 16, 0],
  );
  t.equal(changesOf(keys!)[1]![0], 50, 'the first ones at their frame');
});

t.test('a note after a long silence is at its frame, whether the silence was rendered or rested', (t) => {
  const task = taskOf({ part: part(note(100_003, 500, 60, 10)) });
  const plain = driven(task);
  const resting = driven(task);
  resting.renderer.restFrames = 8 * BLOCK;
  let rested = 0;
  for (const one of [plain, resting]) one.play();
  const until = Math.ceil(100_400 / BLOCK); // while the note sounds: silence at the end would be owed
  for (let block = 0; block < until; block++) {
    if (resting.renderer.rest(BLOCK)) rested++;
    else resting.renderer.render(BLOCK, []);
    plain.renderer.render(BLOCK, []);
  }
  t.ok(rested > 700, `${rested} of ${until} blocks rested`);
  const frames = 8 * BLOCK;
  const heard = [plain, resting].map((one) => {
    const ring = one.ring();
    const out = new Float32Array(frames * ring.channels);
    t.ok(ring.read(until * BLOCK - frames, frames, out));
    return out;
  });
  t.ok(
    heard[0]!.some((x) => x !== 0),
    'it is heard',
  );
  t.ok(Buffer.from(heard[0]!.buffer).equals(Buffer.from(heard[1]!.buffer)));
  t.end();
});

t.test('live messages come beside the notes, at their frames', async (t) => {
  const live = driven(taskOf({ part: part(note(0, 1000, 60, 10)) }));
  t.equal(
    await live.task.changes.midi([{ instance: 'synth', bytes: [0x90, 64, 20] }]),
    null,
    'a stopped task plays nothing',
  );
  live.play();
  const first = live.render(1);
  t.same(changesOf(first[0]!), [[0, 10]]);
  const played = live.task.changes.midi([
    { instance: 'synth', bytes: [0x90, 64, 20] },
    { instance: 'synth', port: 'pads', bytes: [0x9f, 36, 40] },
  ]);
  const second = live.render(1);
  t.equal(await played, 128);
  t.same(changesOf(second[0]!), [[0, 30]]);
  t.same(changesOf(second[1]!), [[0, 40]]);
  const ended = live.task.changes.midi([{ instance: 'synth', bytes: [0x80, 64, 0] }]);
  const third = live.render(8);
  t.equal(await ended, 256);
  t.same(changesOf(third[0]!), [
    [0, 10],
    [744, 0],
  ]);
});

t.test('all messages are checked before one is played', async (t) => {
  const live = driven(taskOf({}));
  live.play();
  live.render(1);
  const good = { instance: 'synth', bytes: [0x90, 64, 20] };
  const refused: [object, string][] = [
    [{ ...good, instance: 'ghost' }, 'NODE_UNKNOWN'],
    [{ ...good, port: 'ghost' }, 'PORT_UNKNOWN'],
    [{ ...good, bytes: [0xf0, 1, 2] }, 'PARAMETER_VALUE'],
    [{ ...good, bytes: [0x90, 64] }, 'PARAMETER_VALUE'],
  ];
  for (const [wrong, code] of refused)
    await t.rejects(live.task.changes.midi([good, { ...good, ...wrong }]), { code }, code);
  t.same(changesOf(live.render(4)[0]!), [[0, 0]]);
});

t.test('media of an instance, and another one while it plays', (t) => {
  const live = driven(taskOf({ part: part(note(0, 5000, 60, 10)) }));
  live.play();
  const silent = live.render(4);
  const synth = { model: 'test:keys', media: { sample: 'hit' } };
  live.edit([{ op: 'put', part: 'instances', name: 'synth', value: synth }]);
  const given = live.render(8);
  t.same([silent[3]!.at(-1)! * 2 ** 24, given[3]!.at(-1)! * 2 ** 24], [0, 4800]);
  const wrong: [Record<string, string | string[]>, string][] = [
    [{ sample: 'ghost' }, 'MEDIA_MISSING'],
    [{ ghost: 'hit' }, 'GRAPH_INVALID'],
    [{ sample: ['hit', 'hit'] }, 'GRAPH_INVALID'],
  ];
  for (const [slots, code] of wrong)
    t.throws(() => live.edit([{ op: 'put', part: 'instances', name: 'synth', value: { ...synth, media: slots } }]), {
      code,
    });
  t.same(changesOf(live.render(2)[3]!, 2 ** 24), [[0, 4800]], 'what is refused changes nothing');
  t.end();
});
