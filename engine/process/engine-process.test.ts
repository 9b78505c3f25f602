import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { RunningEngine } from '../../test/running-engine.ts';
import { fitSine } from '../../test/sine-fit.ts';
import { until } from '../../test/until.ts';
import type { HeardPacket } from '../../test/heard-packet.ts';

/** A tone of 997 Hz, to one sink through a gain and to another through a gain that nobody touches. */
const TONE = {
  sampleRate: 48000,
  instances: {
    tone: { model: 'audiocloud:tone', parameters: { frequency: 997, level: -12 } },
    gain: { model: 'audiocloud:gain' },
    still: { model: 'audiocloud:gain' },
  },
  connections: {
    toGain: { from: { node: 'tone' }, to: { node: 'gain' } },
    toMain: { from: { node: 'gain' }, to: { node: 'main' } },
    toStill: { from: { node: 'tone' }, to: { node: 'still' } },
    toReference: { from: { node: 'still' }, to: { node: 'reference' } },
  },
  sinks: { main: { kind: 'stream', channels: 2 }, reference: { kind: 'stream', channels: 2 } },
};
const load = { task: 'a', revision: 1, graph: TONE, media: {} };
const play = { task: 'a', change: { play: true } };
const inDb = (gain: number): number => 20 * Math.log10(gain);

const engine = await RunningEngine.start();
t.teardown(() => engine.remove());

/** Channel 0 of packets that follow each other, from stream frame 0 on. Throws when there is a gap. */
function leftOf(packets: HeardPacket[]): Float32Array {
  const left: number[] = [];
  packets.forEach(({ samples, channels, serial, streamFrame, playId }, i) => {
    if (serial !== packets[0]!.serial + i || streamFrame !== left.length || playId !== packets[0]!.playId)
      throw new Error(`Packet ${i} has serial ${serial}, stream frame ${streamFrame}, wanted ${left.length}`);
    for (let s = 0; s < samples.length; s += channels) left.push(samples[s]!);
  });
  return Float32Array.from(left);
}

t.test('a task plays, and its stream is the tone that it should be', async (t) => {
  const link = await engine.link();
  t.match(await link.command('load', { ...load, revision: 3 }), {
    task: 'a',
    state: 'ready',
    revision: 3,
    instances: { tone: { state: 'running' } },
  });
  await link.listen(
    { stream: 5, task: 'a', format: 'f32' },
    { stream: 6, task: 'a', node: 'reference', format: 's16' },
  );
  t.match(await link.command('transport', play), { playing: true, playId: 1, sampleRate: 48000 });
  const left = leftOf(await link.framesOf(5, 24000));
  const fit = fitSine(left.subarray(2400), 48000, 997);
  t.ok(Math.abs(fit.frequencyHz - 997) < 0.01, `${fit.frequencyHz} Hz`);
  t.ok(Math.abs(inDb(fit.amplitude) + 12) < 0.01, `${inDb(fit.amplitude)} dBFS`);
  t.ok(fit.residualDb < -100, `nothing else: ${fit.residualDb} dB`);

  const s16 = leftOf(await link.framesOf(6, 24000));
  const worst = s16.subarray(0, left.length).reduce((most, x, i) => Math.max(most, Math.abs(x - 32768 * left[i]!)), 0);
  t.ok(worst <= 0.5, `s16 is f32 rounded to the nearest: at most ${worst} apart`);
  const meters = link.packets.get(5)!.at(-1)!.meters!;
  t.ok(Math.abs(inDb(meters.rms[0]!) + 15.01) < 0.2, 'the packet carries the level of its own frames');
  t.equal(meters.clipped, 0);
  await link.command('transport', { task: 'a', change: { play: false } });
  const { streamFrame } = (await link.command('state', { task: 'a' })).transport;
  const heard = () => link.packets.get(5)!.reduce((sum, packet) => sum + packet.frames, 0);
  await until('all that was played', () => heard() >= streamFrame);
  await sleep(100);
  t.equal(heard(), streamFrame, 'silence is not sent');
  link.close();
});

t.test('a change is heard at the very frame that its answer names', async (t) => {
  const link = await engine.link();
  await link.command('load', load);
  const change = (value: number) => ({ task: 'a', changes: [{ instance: 'gain', parameter: 'gain', value }] });
  t.same(await link.command('set', change(0)), { frame: null, positionFrame: null }, 'a stopped task has no frame');
  await link.listen(
    { stream: 1, task: 'a', node: 'main', format: 'f32' },
    { stream: 2, task: 'a', node: 'reference', format: 'f32' },
  );
  await link.command('transport', play);
  await link.framesOf(1, 4800);
  const { frame } = await link.command('set', change(-6.02));
  t.ok(frame >= 4800 && frame % 128 === 0, `it applies at a block: ${frame}`);
  const main = leftOf(await link.framesOf(1, frame + 12000));
  const reference = leftOf(await link.framesOf(2, frame + 12000));
  const first = main.findIndex((x, i) => x !== reference[i]);
  // the ramp begins at that frame with the value before, so the frame after it is the first that differs
  t.equal(first, frame + 1);
  const after = fitSine(main.subarray(frame + 4800, frame + 12000), 48000, 997);
  t.ok(Math.abs(inDb(after.amplitude) + 18.02) < 0.01, `then ${inDb(after.amplitude).toFixed(3)} dBFS`);
  link.close();
});

t.test('listeners come and go on their own; one that does not read harms nobody', async (t) => {
  const wide = {
    ...TONE,
    instances: { tone: { model: 'audiocloud:tone', widths: { out: 16 } } },
    connections: { toMain: { from: { node: 'tone' }, to: { node: 'main' } } },
    sinks: { main: { kind: 'stream', channels: 16 } },
  };
  const [good, stuck] = [await engine.link(), await engine.link()];
  await good.command('load', { task: 'wide', revision: 1, graph: wide, media: {} });
  for (const link of [good, stuck]) await link.listen({ stream: 1, task: 'wide', format: 'f32' });
  stuck.audio.pause();
  await good.command('transport', { ...play, task: 'wide' });
  // 3 MB a second: more than the socket and the 1 MiB of the engine hold
  leftOf(await good.framesOf(1, 48000));
  stuck.audio.resume();
  const serials = () => (stuck.packets.get(1) ?? []).map(({ serial }) => serial);
  const gaps = () => serials().filter((serial, i, all) => i > 0 && serial !== all[i - 1]! + 1).length;
  await until('a gap in the serials of the one that did not read', () => gaps() > 0);
  const gap = serials().at(-1)!;
  await until('what is played now, for the one that did not read', () => serials().at(-1)! > gap);
  leftOf(good.packets.get(1)!);
  good.ask({ type: 'unlisten', stream: 1 });
  const counts = () => [good, stuck].map((link) => link.packets.get(1)!.length) as [number, number];
  let before = counts();
  await until('no more packets after unlisten, while the other one goes on', () => {
    const [now, others] = counts();
    const [isStill, goesOn] = [now === before[0], others >= before[1] + 5];
    if (!isStill) before = [now, others];
    return isStill && goesOn;
  });
  await good.command('unload', { task: 'wide' });
  good.close();
  stuck.close();
});

t.test('edits are heard while the task plays; a refused one changes nothing', async (t) => {
  const link = await engine.link();
  await link.command('hello', { protocol: 1 });
  await link.command('load', load);
  await link.listen({ stream: 1, task: 'a', format: 'f32' });
  await link.command('transport', play);
  await link.framesOf(1, 4800);
  const cut = { op: 'remove', part: 'connections', name: 'toGain' };
  const none = { op: 'put', part: 'instances', name: 'x', value: { model: 'audiocloud:nothing' } };
  const edit = (revision: number, edits: object[]) => link.command('edit', { task: 'a', revision, edits, media: {} });
  await t.rejects(edit(2, [cut, none]), { code: 'MODEL_UNKNOWN' });
  const state = await link.command('state', { task: 'a' });
  t.match(state, { revision: 1, state: 'playing' });
  t.match(await edit(2, [cut]), { revision: 2, state: 'playing' });
  const { streamFrame } = (await link.command('state', { task: 'a' })).transport;
  const left = leftOf(await link.framesOf(1, streamFrame + 9600));
  t.ok(
    left.subarray(2400, state.transport.streamFrame).some((x) => Math.abs(x) > 0.2),
    'sound up to the edit',
  );
  t.ok(
    left.subarray(streamFrame + 4800).every((x) => Math.abs(x) < 1e-6),
    'silence after it',
  );
  await link.event('state', ({ state }) => state.task === 'a' && state.revision === 2);
  link.close();
});

t.test('what is only checked answers as it would when done, and is not done', async (t) => {
  const link = await engine.link();
  await link.command('hello', { protocol: 1 });
  const fresh = { ...load, task: 'fresh', revision: 4 };
  const checked = await link.command('check', fresh);
  await t.rejects(link.command('state', { task: 'fresh' }), { code: 'TASK_UNKNOWN' });
  t.same(checked, await link.command('load', fresh));
  await link.command('transport', { ...play, task: 'fresh' });

  const more = { op: 'put', part: 'instances', name: 'more', value: { model: 'audiocloud:gain' } };
  const graph = { ...TONE, instances: { ...TONE.instances, more: more.value } };
  const edit = { task: 'fresh', revision: 5, media: {} };
  const asked = await link.command('check', { ...edit, graph, isEdit: true });
  const before = await link.command('state', { task: 'fresh' });
  t.match(before, { revision: 4, state: 'playing' });
  t.notOk(before.instances.more, 'it was not made');
  const done = await link.command('edit', { ...edit, edits: [more] });
  const still = ({ transport: _, blocks: __, missedBlocks: ___, ...rest }: Record<string, unknown>) => rest;
  t.same(still(asked), still(done));

  for (const [code, bad] of [
    ['MODEL_UNKNOWN', { ...graph, instances: { tone: { model: 'no:model' } } }],
    ['GRAPH_CYCLE', { ...graph, connections: { back: { from: { node: 'gain' }, to: { node: 'gain' } } } }],
  ] as const)
    for (const isEdit of [false, true])
      await t.rejects(link.command('check', { ...edit, graph: bad, isEdit }), { code }, `${code}, edit: ${isEdit}`);
  await t.rejects(link.command('check', { ...edit, task: 'none', graph, isEdit: true }), { code: 'TASK_UNKNOWN' });
  await link.command('unload', { task: 'fresh' });
  link.close();
});

t.test('meters come about 30 times a second while a task plays, and the heartbeat always', async (t) => {
  const link = await engine.link();
  await link.command('hello', { protocol: 1 });
  await link.command('load', load);
  await link.command('transport', play);
  const meters = () => link.events.filter((event) => event.type === 'meters' && event.task === 'a');
  const began = performance.now();
  await until('meters', () => meters().length >= 20);
  const [metered, seconds] = [meters(), (performance.now() - began) / 1000];
  // one may have come before, and one may be late
  t.ok(metered.length <= 31 * seconds + 3, `${metered.length} in ${seconds.toFixed(2)} s`);
  const level = metered.flatMap((event) => (event.type === 'meters' ? [event.meters.meters['main']?.peak[0]] : []));
  t.ok(Math.abs(inDb(level.at(-1)!) + 12) < 0.1, `the sink's peak: ${inDb(level.at(-1)!).toFixed(2)} dBFS`);
  const beat = await link.event('heartbeat', ({ streamFrame }) => streamFrame > 48000);
  t.ok(beat.load > 0 && beat.load < 1, `load ${beat.load.toFixed(3)}`);
  await link.command('unload', { task: 'a' });
  await t.rejects(link.command('state', { task: 'a' }), { code: 'TASK_UNKNOWN' });
  link.close();
});

t.test('a fixed instance of the rack is set, and tells its state', async (t) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'engine-'));
  const driver = fileURLToPath(new URL('../../plugins/devices/generic-line-preamp', import.meta.url));
  const id = 'generic:line-preamp:one';
  writeFileSync(join(dataDir, 'rack.json'), JSON.stringify({ instances: [{ id, driver, simulate: true }] }));
  const studio = await RunningEngine.start({ dataDir });
  t.teardown(() => studio.remove());
  const link = await studio.link();
  const facts = await link.command('hello', { protocol: 1 });
  t.match(facts.fixed, [{ id, model: 'generic:line-preamp' }]);
  t.ok(facts.models.some((model: { id: string }) => model.id === 'generic:line-preamp'));
  if (facts.fixed[0].state !== 'ready') await link.event('fixed', ({ state }) => state.state === 'ready');
  await link.command('set-fixed', { instance: id, parameter: 'gainDb', value: 12 });
  await link.event('fixed', ({ state }) => state.id === id && state.parameters['gainDb']?.[0] === 12);
  await link.event('fixed', ({ state }) => state.reports['levelDb']?.[0] !== undefined);
  await t.rejects(link.command('set-fixed', { instance: 'generic:line-preamp:two', parameter: 'gainDb', value: 1 }), {
    code: 'FIXED_INSTANCE_UNKNOWN',
  });
});

t.test('SIGTERM ends an engine that plays', async (t) => {
  const link = await engine.link();
  await link.command('load', load);
  await link.command('transport', play);
  t.equal(await engine.stop('SIGTERM'), 0);
  t.same(readdirSync(engine.dataDir), [], 'nothing of it stays in the data folder');
});
