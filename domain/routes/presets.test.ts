import { check, type Preset, PresetDocument, Recalled, type Task } from '@audiocloud/api';
import t from 'tap';
import { sharedTestDomain, toneTask } from '../testing/test-domain.ts';

const domain = await sharedTestDomain(t, 'p');
const call = domain.call;
const preset = (gain: number, more: object = {}): Preset => ({
  name: `Gain ${gain}`,
  content: { model: 'audiocloud:gain', parameters: { gain } },
  ...more,
});
const valuesOf = async (instance: string) =>
  (await call('GET', '/v1/tasks/p')).body.task.instances[instance].parameters ?? {};
const recall = async (body: object) =>
  check(Recalled, (await call('POST', '/v1/tasks/p/recall', body)).body, 'recalled', 'MESSAGE_INVALID');

t.test('presets are stored, listed, replaced and deleted, with revisions', async (t) => {
  const made = await call('POST', '/v1/presets', { id: 'soft', preset: preset(-12) });
  t.equal(made.status, 201);
  t.same(check(PresetDocument, made.body, 'preset', 'MESSAGE_INVALID'), {
    id: 'soft',
    revision: 1,
    preset: preset(-12),
  });
  t.equal(made.headers.get('location'), '/v1/presets/soft');
  await domain.refused('PRESET_EXISTS', 'POST', '/v1/presets', { id: 'soft', preset: preset(0) });
  const replaced = await call('PUT', '/v1/presets/soft', preset(-13), { 'if-match': '"1"' });
  t.same([replaced.status, replaced.body.revision, replaced.headers.get('etag')], [200, 2, '"2"']);
  await domain.refused('REVISION_CONFLICT', 'PUT', '/v1/presets/soft', preset(-14), { 'if-match': '"1"' });
  await domain.refused('REVISION_CONFLICT', 'DELETE', '/v1/presets/soft', undefined, { 'if-match': '"1"' });
  t.same((await call('GET', '/v1/presets/soft')).body.preset, preset(-13));
  const chosen = await call('POST', '/v1/presets', { preset: preset(-1) });
  const ids = async (query = '') =>
    (await call('GET', `/v1/presets${query}`)).body.presets.map(({ id }: { id: string }) => id);
  t.same(await ids(), [chosen.body.id, 'soft']);
  t.same(await ids('?model=audiocloud:gain@1.0.0'), [chosen.body.id, 'soft']);
  t.same(await ids('?model=audiocloud:tone'), []);
  t.equal((await call('DELETE', `/v1/presets/${chosen.body.id}`)).status, 204);
  await domain.refused('PRESET_UNKNOWN', 'GET', `/v1/presets/${chosen.body.id}`);
  await domain.refused('PRESET_UNKNOWN', 'PUT', '/v1/presets/none', preset(0));
  await domain.refused('REQUEST_INVALID', 'POST', '/v1/presets', { id: '../up', preset: preset(0) });
  await domain.refused('REQUEST_INVALID', 'POST', '/v1/presets', { preset: { name: 'x' } });
});

t.test('a preset of a model is recalled into one instance; nothing else changes', async (t) => {
  const tone = await valuesOf('tone');
  t.same(await recall({ preset: 'soft', instance: 'gain' }), { frame: null, changes: 1 });
  t.equal((await valuesOf('gain')).gain, -13);
  t.same(await valuesOf('tone'), tone);
  t.same(await recall({ preset: 'soft', instance: 'gain' }), { frame: null, changes: 0 }, 'it is there already');
  await domain.refused('PRESET_MISMATCH', 'POST', '/v1/tasks/p/recall', { preset: 'soft', instance: 'tone' });
  await domain.refused('PRESET_MISMATCH', 'POST', '/v1/tasks/p/recall', { preset: 'soft' });
  await domain.refused('NODE_UNKNOWN', 'POST', '/v1/tasks/p/recall', { preset: 'soft', instance: 'ghost' });
  for (const [preset, factory] of [
    ['soft', false],
    ['any', true],
  ])
    await domain.refused('NODE_UNKNOWN', 'POST', '/v1/tasks/p/recall', { preset, factory, instance: 'constructor' });
  await domain.refused('PRESET_UNKNOWN', 'POST', '/v1/tasks/p/recall', { preset: 'none', instance: 'gain' });
  await domain.refused('TASK_UNKNOWN', 'POST', '/v1/tasks/none/recall', { preset: 'soft', instance: 'gain' });
});

t.test('what a task has now is captured, of one instance or of all, and comes back exactly', async (t) => {
  const values = { gain: -7.123456789, pan: 0.1 };
  const changes = Object.entries(values).map(([parameter, value]) => ({ instance: 'gain', parameter, value }));
  await call('PATCH', '/v1/tasks/p/parameters', { changes });
  await call('PATCH', '/v1/tasks/p/parameters', {
    changes: [{ instance: 'tone', parameter: 'frequency', value: 441.7 }],
  });
  const one = await call('POST', '/v1/presets', { id: 'one', name: 'One', capture: { task: 'p', instance: 'gain' } });
  const all = await call('POST', '/v1/presets', { id: 'all', name: 'All', capture: { task: 'p' } });
  t.same([one.status, all.status], [201, 201]);
  t.same(Object.keys(all.body.preset.content.instances), ['tone', 'gain']);
  const before = (await call('GET', '/v1/tasks/p')).body.task.instances;
  await call('PUT', '/v1/tasks/p', toneTask);
  await recall({ preset: 'one', instance: 'gain' });
  t.match(await valuesOf('gain'), values);
  await recall({ preset: 'soft', instance: 'gain' });
  t.equal((await recall({ preset: 'all' })).changes, 3);
  const after = (await call('GET', '/v1/tasks/p')).body.task.instances;
  t.match(after.gain.parameters, before.gain.parameters);
  t.equal(after.tone.parameters.frequency, 441.7);
  await domain.refused('TASK_UNKNOWN', 'POST', '/v1/presets', { name: 'x', capture: { task: 'none' } });
  await domain.refused('NODE_UNKNOWN', 'POST', '/v1/presets', { name: 'x', capture: { task: 'p', instance: 'x' } });
});

t.test('a preset that comes with a model is recalled by its id', async (t) => {
  const edits = [{ op: 'put', part: 'instances', name: 'eq', value: { model: 'audiocloud:equalizer' } }];
  await call('POST', '/v1/tasks/p/edits', { edits });
  const { presets } = (await call('GET', '/v1/models/audiocloud:equalizer')).body;
  t.ok(presets.some(({ id }: { id: string }) => id === 'telephone'));
  await recall({ preset: 'telephone', factory: true, instance: 'eq' });
  const { type, frequency } = await valuesOf('eq');
  t.same([type[0], type[7], frequency[0], frequency[7]], ['low-cut', 'high-cut', 300, 3400]);
  const unknown = { preset: 'radio', factory: true, instance: 'eq' };
  t.match(
    (await domain.refused('PRESET_UNKNOWN', 'POST', '/v1/tasks/p/recall', unknown)).message,
    /telephone/,
    'it says which there are',
  );
});

t.test('a morph makes no click', async (t) => {
  const [tone, own] = [997, 2 * Math.sin((Math.PI * 997) / 48000)];
  const eq = (gain: number, frequency: number) => ({ type: ['bell'], gain: [gain], frequency: [frequency], q: [2] });
  const content = (level: number, gain: number, frequency: number, pan: number): Preset['content'] => ({
    instances: {
      eq: { model: 'audiocloud:equalizer', parameters: eq(gain, frequency) },
      gain: { model: 'audiocloud:gain', parameters: { gain: level, pan } },
    },
  });
  const task: Task = {
    sampleRate: 48000,
    instances: {
      tone: { model: 'audiocloud:tone', parameters: { frequency: tone, level: -12 } },
      eq: { model: 'audiocloud:equalizer', parameters: eq(9, 400) },
      gain: { model: 'audiocloud:gain' },
    },
    connections: {
      a: { from: { node: 'tone' }, to: { node: 'eq' } },
      b: { from: { node: 'eq' }, to: { node: 'gain' } },
      c: { from: { node: 'gain' }, to: { node: 'out' } },
    },
    sinks: { out: { kind: 'stream', channels: 2 } },
  };
  await domain.create('smooth', task);
  await call('POST', '/v1/presets', { id: 'there', preset: { name: 'There', content: content(-20, -9, 4000, 1) } });
  await call('POST', '/v1/presets', { id: 'back', preset: { name: 'Back', content: content(0, 9, 400, 0) } });
  const live = await domain.live('smooth');
  await live.ack({ type: 'listen', format: 'f32' });
  await live.ack({ type: 'transport', change: { play: true } });
  const frames = () => live.packets.reduce((sum, packet) => sum + packet.frames, 0);
  await live.until(() => frames() > 9600, 'sound');
  for (const [preset, level] of [
    ['there', -20],
    ['back', 0],
  ] as const) {
    await live.ack({ type: 'recall', preset, seconds: 0.5 });
    const isThere = () =>
      live.messages.some(
        (m) =>
          m.type === 'changed' &&
          m.changes.some((c) => c.instance === 'gain' && c.parameter === 'gain' && c.value === level),
      );
    await live.until(isThere, `the end of the morph to ${preset}`);
    const heard = frames();
    await live.until(() => frames() > heard + 4800, 'what sounds then');
  }
  let [largest, loudest, quietest, next, last] = [0, 0, 1, -1, 0];
  for (const { samples, streamFrame, channels } of live.packets) {
    if (streamFrame < 4800) continue; // the tone begins with a step
    const left = samples.filter((_, i) => i % channels === 0);
    for (let i = streamFrame === next ? 0 : 1; i < left.length; i++)
      largest = Math.max(largest, Math.abs(left[i]! - (i === 0 ? last : left[i - 1]!)));
    const peak = Math.max(...left);
    [loudest, quietest] = [Math.max(loudest, peak), Math.min(quietest, peak)];
    [next, last] = [streamFrame + left.length, left.at(-1)!];
  }
  t.ok(quietest < 0.1 * loudest, `from ${loudest} to ${quietest} and back`);
  t.ok(largest <= 1.1 * own * loudest, `a step of ${largest}, its own ${own * loudest}`);
  for (const id of ['there', 'back']) await call('DELETE', `/v1/presets/${id}`);
  live.close();
});

t.test('a morph goes there step by step, and ends exactly; a hand on the knob keeps it', async (t) => {
  await call('PUT', '/v1/tasks/p', toneTask);
  await call('PATCH', '/v1/tasks/p/transport', { play: true });
  const live = await domain.live('p');
  await live.ack({ type: 'recall', preset: 'soft', instance: 'gain', seconds: 0.3 });
  const seen = () =>
    live.messages.flatMap((message) =>
      message.type === 'changed' ? message.changes.map(({ value }) => Number(value)) : [],
    );
  await live.until(() => seen().at(-1) === -13, 'the end of the morph');
  const values = seen();
  t.ok(values.length >= 2 && values.every((value, i) => i === 0 || value < values[i - 1]!), values.join(' '));
  t.equal((await valuesOf('gain')).gain, -13);

  await live.ack({ type: 'recall', preset: 'one', instance: 'gain', seconds: 600 });
  await live.ack({ type: 'set', changes: [{ instance: 'gain', parameter: 'gain', value: -20 }] });
  const panOf = async () => (await valuesOf('gain')).pan;
  const pan = await panOf();
  const heard = live.messages.length;
  await live.next('changed', ({ changes }) => changes.some(({ parameter }) => parameter === 'pan'), heard);
  t.equal((await valuesOf('gain')).gain, -20, 'the knob stays where it was put');
  t.ok(Number(await panOf()) > Number(pan), 'the other one goes on');
  const answer = await live.ask({ type: 'recall', preset: 'none', instance: 'gain' });
  t.match(answer, { type: 'error', error: { code: 'PRESET_UNKNOWN' } });
  for (const id of ['soft', 'one', 'all']) t.equal((await call('DELETE', `/v1/presets/${id}`)).status, 204);
  live.close();
});
