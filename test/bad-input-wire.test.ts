import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { applyEdits, type ErrorCode, ERRORS, type GraphEdit, type Task } from '@audiocloud/api';
import { createWavWriter, Registry, renderTask } from '@audiocloud/engine';
import t, { type Test } from 'tap';
import { startTestDomain, toneTask } from '../domain/testing/test-domain.ts';
import { watPackage } from '../engine/plugin/fixtures/wat-package.ts';
import type { WatParts } from '../engine/plugin/fixtures/wat-plugin.ts';
import type { HeardPacket } from './heard-packet.ts';

/*
 * What bad input gets on the wire: while one task plays and is heard, every bad thing is sent by HTTP and by the live
 * socket of that very task. In the end its stream must be, bit for bit, what the task renders offline.
 */
const stock = fileURLToPath(new URL('../plugins', import.meta.url));
const endless = '(loop $l (br $l))';
const wat = (id: string, parts: WatParts, manifest: object = {}) => watPackage(t, parts, { id: `bad:${id}`, manifest });

const pluginDirs = [
  stock,
  wat('old-abi', {}, { abi: '2.0' }),
  wat('other-abi', { abi: '(global (export "ac_abi") i32 (i32.const 0x20000))' }),
  wat('wasi', {
    imports: '(import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))',
  }),
  wat('no-maximum', { memory: '(memory (export "memory") 2)' }),
  watPackage(t, {}, { id: 'bad:no-module', bytes: new TextEncoder().encode('no module') }),
  wat('endless-create', { start: { ac_create: endless } }),
  wat('trap-activate', { start: { ac_activate: '(unreachable)' } }),
  wat('trap-process', { start: { ac_process: '(unreachable)' } }),
  wat('endless-process', { start: { ac_process: endless } }),
  wat('error-process', { start: { ac_process: '(return (i32.const 0))' } }),
];
const domain = await startTestDomain(t, { pluginDirs });

writeFileSync(join(domain.mediaDir, 'text.wav'), 'this is no sound at all, but a sentence in English');
const damaged = readFileSync(new URL('../examples/media/bass.flac', import.meta.url));
damaged.fill(0xaa, 20_000, 60_000);
writeFileSync(join(domain.mediaDir, 'damaged.flac'), damaged);
const three = await createWavWriter(join(domain.mediaDir, 'three.wav'), { sampleRate: 48000, channels: 3, bits: '16' });
await three.write([0, 1, 2].map(() => new Float32Array(100)));
await three.close();

const put = (part: string, name: string, value: object) => ({ op: 'put', part, name, value }) as GraphEdit;
const wire = (from: string, to: string) => ({ from: { node: from }, to: { node: to } });
const instance = (id: string) => [
  put('instances', 'bad', { model: id }),
  put('connections', 'in', { ...wire('tone', 'bad'), channels: [[0, 0]] }),
  put('connections', 'through', wire('bad', 'out')),
];
const clip = (path: string, channels: number) => [
  put('media', 'm', { path }),
  put('tracks', 'bad', { channels, clips: [{ media: 'm', startSeconds: 0 }] }),
];

/** Each as edits; as a task they are the tone with these edits. */
const cases: [code: ErrorCode, says: RegExp, edits: GraphEdit[]][] = [
  ['MODEL_UNKNOWN', /nobody:nothing/, instance('nobody:nothing')],
  [
    'CHANNELS_MISMATCH',
    /gain\.out to wide\.in/,
    [put('sinks', 'wide', { kind: 'stream', channels: 3 }), put('connections', 'bad', wire('gain', 'wide'))],
  ],
  ['GRAPH_CYCLE', /gain -> gain/, [put('connections', 'bad', wire('gain', 'gain'))]],
  ['NODE_UNKNOWN', /ghost/, [put('connections', 'bad', wire('ghost', 'out'))]],
  ['PARAMETER_VALUE', /gain.*999/, [put('instances', 'bad', { model: 'audiocloud:gain', parameters: { gain: 999 } })]],
  ['MEDIA_MISSING', /gone\.wav/, clip('gone.wav', 2)],
  ['MEDIA_UNSUPPORTED', /text\.wav/, clip('text.wav', 2)],
  ['MEDIA_DAMAGED', /damaged\.flac/, clip('damaged.flac', 1)],
  ['MEDIA_FORBIDDEN', /passwd/, clip('../../../etc/passwd', 2)],
  ['CHANNELS_MISMATCH', /'bad'.*3/, clip('three.wav', 2)],
  ['PLUGIN_ABI', /bad:old-abi.*ABI 2\.0, this engine speaks 1\.0/, instance('bad:old-abi')],
  ['PLUGIN_ABI', /bad:other-abi.*2\.0/, instance('bad:other-abi')],
  ['PLUGIN_RULES', /bad:wasi.*fd_write/, instance('bad:wasi')],
  ['PLUGIN_RULES', /bad:no-maximum.*memory-maximum/, instance('bad:no-maximum')],
  ['PLUGIN_RULES', /bad:no-module.*valid-wasm/, instance('bad:no-module')],
  ['INSTANCE_FAILED', /'bad'.*ac_create of bad:endless-create.*fuel exhausted/, instance('bad:endless-create')],
  ['INSTANCE_FAILED', /'bad'.*ac_activate of bad:trap-activate.*unreachable/, instance('bad:trap-activate')],
];

/** All edits put something: no values of the model are asked for. */
const edited = (task: Task, edits: readonly GraphEdit[]) => applyEdits(task, edits, () => []);

t.test('every bad thing gets a code, a 4xx or an error message with its id, and what plays goes on', async (t) => {
  await domain.create('good');
  const live = await domain.live('good');
  await live.ack({ type: 'listen', format: 'f32' });
  await live.ack({ type: 'transport', change: { play: true } });
  const before = (await domain.call('GET', '/v1/tasks/good')).body;

  for (const [code, says, edits] of cases) {
    const name = `${code} ${says.source}`;
    t.ok(ERRORS[code].status >= 400 && ERRORS[code].status < 500, `${code} is a 4xx`);
    const task = edited(toneTask, edits);
    for (const [method, path, body] of [
      ['POST', '/v1/tasks', { id: 'bad', task }],
      ['PUT', '/v1/tasks/good', task],
      ['POST', '/v1/tasks/good/edits', { edits }],
    ] as const) {
      const error = await domain.refused(code, method, path, body); // with status and request id
      t.match(error.message, says, `${method} ${path}: ${name}`);
      t.ok(error.advice.length > 0);
    }
    await domain.refused('TASK_UNKNOWN', 'GET', '/v1/tasks/bad');
    // `ask` waits for the answer with the id of its request
    t.match(await live.ask({ type: 'edit', edits }), { type: 'error', error: { code, message: says } }, name);
  }
  await domain.refused('TASK_INVALID', 'POST', '/v1/tasks', { id: 'bad', task: { ...toneTask, sampleRate: 'fast' } });
  live.socket.send('{"type":"edit","id":"mine","edits":[{"op":"break"}]}');
  t.match(await live.next('error', ({ id }) => id === 'mine'), { error: { code: 'MESSAGE_INVALID', message: /edit/ } });

  const after = (await domain.call('GET', '/v1/tasks/good')).body;
  t.same([after.task, after.revision], [before.task, before.revision]);
  t.equal(after.state.state, 'playing');
  t.match(
    (await domain.call('GET', '/v1/engines')).body.engines[0].refused.map(({ code }: { code: string }) => code),
    ['PLUGIN_ABI', 'PLUGIN_ABI', 'PLUGIN_RULES', 'PLUGIN_RULES', 'PLUGIN_RULES'],
  );
  await heardAsRendered(t, [...live.packets]);
});

/** The packets follow each other from the first frame on, and are bit for bit the tone rendered offline. */
async function heardAsRendered(t: Test, packets: readonly HeardPacket[]): Promise<void> {
  const [first] = packets;
  let frames = 0;
  for (const { streamFrame, playId, frames: count } of packets) {
    if (streamFrame !== frames || playId !== first!.playId)
      throw new Error(`a packet begins at ${streamFrame}, wanted ${frames}`);
    frames += count;
  }
  const { data } = await renderTask({
    task: toneTask,
    media: {},
    registry: Registry.open([stock]),
    toSeconds: frames / toneTask.sampleRate,
  });
  let different = 0;
  for (const { streamFrame, samples, channels } of packets)
    for (let i = 0; i < samples.length; i++)
      if (!Object.is(samples[i], data[i % channels]![streamFrame + Math.floor(i / channels)])) different++;
  t.equal(different, 0, `${frames} frames in ${packets.length} packets`);
}

for (const [id, cause] of [
  ['trap-process', 'unreachable'],
  ['endless-process', 'fuel exhausted'],
  ['error-process', 'it returned an error status'],
] as const)
  t.test(`bad:${id} mutes only itself, is named in the state of its task, and another task is as it was`, async (t) => {
    const other = `other-${id}`;
    await domain.create(other);
    const listener = await domain.live(other);
    await listener.ack({ type: 'listen', format: 'f32' });
    await listener.ack({ type: 'transport', change: { play: true } });

    // the tone beside the bad instance, in one sink
    t.equal((await domain.create(id, edited(toneTask, instance(`bad:${id}`)))).status, 201);
    const live = await domain.live(id);
    await live.ack({ type: 'listen', format: 'f32' });
    await live.ack({ type: 'transport', change: { play: true } });
    const told = await live.next('state', ({ state }) => state.instances['bad']?.state === 'failed');
    const failed = {
      state: 'failed',
      faults: 1,
      error: { code: 'INSTANCE_FAILED', message: new RegExp(`'bad' \\(bad:${id}\\) is muted: ${cause}`) },
    };
    t.match(told.state.instances['bad'], failed);
    // it fails in every block: started again twice, then left in quarantine
    const { state } = await live.next('state', (event) => event.state.instances['bad']?.state === 'quarantined');
    const quarantined = {
      state: 'quarantined',
      faults: 3,
      restarts: 2,
      error: { code: 'INSTANCE_FAILED', message: new RegExp(`'bad' \\(bad:${id}\\) stays muted.*: ${cause}`) },
    };
    t.match(state.instances['bad'], quarantined);
    const { body } = await domain.call('GET', `/v1/tasks/${id}`);
    t.equal(body.state.state, 'playing');
    t.match(body.state.instances, { bad: quarantined, tone: { state: 'running' }, gain: { state: 'running' } });

    // an edit takes it out; no error is left
    await live.ack({ type: 'edit', edits: [{ op: 'remove', part: 'instances', name: 'bad' }] });
    const heard = live.packets.length;
    await live.until(() => live.packets.length > heard + 3, 'more sound');
    t.same(Object.keys((await domain.call('GET', `/v1/tasks/${id}`)).body.state.instances).sort(), ['gain', 'tone']);
    await heardAsRendered(t, [...live.packets]);
    await heardAsRendered(t, [...listener.packets]);
    for (const task of [id, other]) await domain.call('DELETE', `/v1/tasks/${task}`);
  });
