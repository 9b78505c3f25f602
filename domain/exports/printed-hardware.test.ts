import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Export, OUTPUT_FORMAT_FACTS, type Task } from '@audiocloud/api';
import t from 'tap';
import { environment, FRAMES, loopedFolder, sound, task, UNIT } from '../../cli/testing/looped-folder.ts';
import { followedFile } from '../testing/followed-file.ts';
import { startTestDomain } from '../testing/test-domain.ts';

const folder = mkdtempSync(join(tmpdir(), 'print-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const { at, run, differenceDb } = await loopedFolder(folder);
const calibrated = await run('device', 'calibrate', UNIT, '--json');
if (calibrated.code !== 0) throw new Error(calibrated.stderr);
const domain = await startTestDomain(t, { dataDir: folder, engineEnvironment: environment });
copyFileSync(at('noise.wav'), join(domain.mediaDir, 'noise.wav'));
await domain.create('looped', task as Task);

const until = async (id: string, isSo: (one: Export) => boolean): Promise<Export> => {
  for (;;) {
    const { body } = await domain.call('GET', `/v1/exports/${id}`);
    if (isSo(body)) return body;
    await sleep(10);
  }
};
const outputs = [
  { format: 'wav', depth: 'f32', sink: 'wet' },
  { format: 'wav', depth: 'f32', sink: 'rest' },
];
const print = async (more: object = {}): Promise<Export> =>
  (await domain.call('POST', '/v1/exports', { task: 'looped', mode: 'real-time', outputs, ...more })).body;

t.test('hardware is as fast as it is: an export of it that is not in real time is refused', async (t) => {
  const { message } = await domain.refused('REQUEST_INVALID', 'POST', '/v1/exports', { task: 'looped', outputs });
  t.match(message, /'unit' is hardware .* give mode: 'real-time'/);
});

t.test('a task is printed through its hardware, every sink in place to the frame', async (t) => {
  const whole = async (): Promise<Export> => {
    const { id } = await print({ toSeconds: FRAMES / 48_000 });
    return until(id, ({ endedAt }) => endedAt !== undefined);
  };
  let done = await whole();
  // a busy machine misses blocks, and the report says so: then it is printed again
  for (let more = 9; more > 0 && done.report?.isFaultless === false; more--) done = await whole();
  t.match(done, {
    state: 'done',
    outputs: [{ file: { frames: FRAMES, channels: 1 } }, { file: { frames: FRAMES } }],
    report: { lostFrames: 0, missedBlocks: 0, failed: [], isFaultless: true },
  });
  for (const [i, wanted] of [sound, sound.map(() => 0)].entries()) {
    const response = await fetch(domain.url + done.outputs[i]!.href);
    writeFileSync(at(`print-${i}.wav`), Buffer.from(await response.arrayBuffer()));
    const asSent = await differenceDb(`print-${i}.wav`, wanted);
    t.ok(asSent < -90, `sink ${i} is what was sent through the unit: ${asSent.toFixed(0)} dB`);
  }
});

/** The play goes on. */
const isPlaying = ({ state, frames, ofFrames }: Export) => state === 'running' && frames < (ofFrames ?? 0);

t.test('a print streams out while it plays: the bytes of the files that are there at its end', async (t) => {
  const formats = ['wav', 'flac', 'mp3', 'opus'] as const;
  const asked = [
    ...formats.map((format) => ({ name: format, format, sink: 'wet' })),
    { name: 'even', format: 'wav', sink: 'wet', loudness: { integratedLufs: -30 } },
  ];
  /** Whether sound of all came while it played. */
  const follow = async (toSeconds: number): Promise<boolean> => {
    const { id } = await print({ toSeconds, outputs: asked });
    const href = (name: string) => `${domain.url}/v1/exports/${id}/outputs/${name}`;
    const early = await Promise.all(
      formats.map(async (format) => {
        const file = await followedFile(href(format));
        await file.until(2000);
        const even = await domain.call('GET', `/v1/exports/${id}/outputs/even`);
        const { body } = await domain.call('GET', `/v1/exports/${id}`);
        if (isPlaying(body)) t.match(even, { status: 409, body: { code: 'EXPORT_NOT_READY' } });
        return { format, isEarly: !file.isWhole && isPlaying(body), streamed: await file.rest() };
      }),
    );
    t.equal((await until(id, ({ endedAt }) => endedAt !== undefined)).state, 'done');
    for (const { format, streamed } of early) {
      const whole = Buffer.from(await (await fetch(href(format))).arrayBuffer());
      const { rewrittenBytes } = OUTPUT_FORMAT_FACTS[format];
      t.equal(streamed.length, whole.length, format);
      t.ok(streamed.subarray(rewrittenBytes).equals(whole.subarray(rewrittenBytes)), `${format}, byte for byte`);
    }
    return early.every(({ isEarly }) => isEarly);
  };
  let isEarly = false;
  // on a busy machine it takes a while until files are begun: then a longer one is printed
  for (let seconds = 3; seconds < 60 && !isEarly; seconds *= 2) isEarly = await follow(seconds);
  t.ok(isEarly, 'sound of every file came while the task played');
});

t.test('a print that is interrupted or called off is no whole file to who follows it', async (t) => {
  const { id } = await print({ toSeconds: 600 });
  const follow = async () => {
    const file = await followedFile(`${domain.url}/v1/exports/${id}/outputs/wet`);
    await file.until(2000);
    return file;
  };
  const interrupted = await follow();
  await domain.call('PATCH', '/v1/tasks/looped/transport', { play: false });
  await t.rejects(interrupted.rest());
  await until(id, ({ error }) => error?.code === 'EXPORT_INTERRUPTED');
  // It is printed again, and that is another file.
  const again = await follow();
  await domain.call('DELETE', `/v1/exports/${id}`);
  await t.rejects(again.rest());
  t.equal((await until(id, ({ endedAt }) => endedAt !== undefined)).state, 'cancelled');
  await domain.refused('EXPORT_UNKNOWN', 'GET', `/v1/exports/${id}/outputs/wet`);
  t.notOk(existsSync(join(folder, 'exports', '.coming', id)));
});

t.test('hardware that cannot be used now is waited for, and the print can be called off meanwhile', async (t) => {
  const to = new Date(Date.now() + 3_600_000).toISOString();
  const maintenance = await domain.call('POST', '/v1/maintenance', { unit: UNIT, to, reason: 'valves' });
  t.equal(maintenance.status, 201);
  const [first, second] = [await print({ toSeconds: 0.1 }), await print({ toSeconds: 0.1 })];
  for (const { id } of [first, second])
    t.match(await until(id, ({ state }) => state === 'waiting'), {
      error: { code: 'FIXED_INSTANCE_UNAVAILABLE', message: /valves/ },
    });
  await domain.call('DELETE', `/v1/exports/${second.id}`);
  t.equal((await until(second.id, ({ endedAt }) => endedAt !== undefined)).state, 'cancelled');
  await domain.call('DELETE', `/v1/maintenance/${maintenance.body.id}`);
  t.equal((await until(first.id, ({ endedAt }) => endedAt !== undefined)).state, 'done');
});

t.test('a print that is called off while it plays stops the task', async (t) => {
  const { id } = await print({ toSeconds: 600 });
  await until(id, ({ state, frames }) => state === 'running' && frames > 0);
  await domain.call('DELETE', `/v1/exports/${id}`);
  t.equal((await until(id, ({ endedAt }) => endedAt !== undefined)).state, 'cancelled');
  t.match((await domain.call('GET', '/v1/tasks/looped/transport')).body, { playing: false });
});
