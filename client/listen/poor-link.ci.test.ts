import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { PacketFormat, Task } from '@audiocloud/api';
import { createWavWriter, openTaskMedia, Registry, renderTask } from '@audiocloud/engine';
import t from 'tap';
import { startTestDomain } from '../../domain/testing/test-domain.ts';
import { compareHeard } from '../../test/testing/heard-compare.ts';
import { ImpairedLink } from '../../test/testing/impaired-link.ts';
import { randoms } from '../../test/testing/randoms.ts';
import { until } from '../../test/until.ts';
import { AudioCloudClient, FADE_FRAMES, type HeardRun, TaskListener } from '../index.ts';
import { NodeEar } from '../testing/node-ear.ts';

/*
 * Clients on a link with 100 ms of jitter, 5 % of loss and a cut of 3 s: what they hear is compared with the offline render, and with what
 * their reports say.
 */
const RATE = 48000;
const SECONDS = 40;
const CUT_MS = 3_000;
const FORMAT: PacketFormat = 'flac24';

const task: Task = {
  sampleRate: RATE,
  media: { noise: { path: 'noise.wav' } },
  tracks: { track: { channels: 2, clips: [{ media: 'noise', startSeconds: 0 }] } },
  instances: { eq: { model: 'audiocloud:equalizer' }, fader: { model: 'audiocloud:gain', parameters: { gain: -6 } } },
  connections: {
    a: { from: { node: 'track' }, to: { node: 'eq' } },
    b: { from: { node: 'eq' }, to: { node: 'fader' } },
    c: { from: { node: 'fader' }, to: { node: 'main' } },
  },
  sinks: { main: { kind: 'stream', channels: 2 } },
};

/** As the samples of 24 bits that FLAC carries. */
const in24 = (plane: Float32Array) =>
  FORMAT === ('f32' as string) ? plane : plane.map((sample) => Math.round(sample * 2 ** 23) / 2 ** 23);

const sum = (runs: readonly HeardRun[]) => runs.reduce((frames, run) => frames + run.frames, 0);

t.test('a poor link: what is heard is what the report says', { timeout: 120_000 }, async (t) => {
  const domain = await startTestDomain(t);
  const random = randoms(3);
  const noise = [0, 1].map(() => Float32Array.from({ length: RATE * SECONDS }, () => 0.5 * (random() - 0.5)));
  const writer = await createWavWriter(join(domain.mediaDir, 'noise.wav'), {
    sampleRate: RATE,
    channels: 2,
    bits: '24',
  });
  await writer.write(noise, noise[0]!.length);
  await writer.close();
  await domain.create('noise', task);

  const registry = Registry.open([fileURLToPath(new URL('../../plugins', import.meta.url))]);
  const media = await openTaskMedia(task, { folder: domain.mediaDir, sampleRate: RATE });
  const rendered = (await renderTask({ task, media, registry, toSeconds: SECONDS })).data.map(in24);

  const link = await ImpairedLink.open(Number(new URL(domain.url).port), { jitterMs: 100, loss: 0.05, seed: 11 });
  t.teardown(() => link.close());
  const listen = async (name: string, keepsPlace: boolean) => {
    const live = new AudioCloudClient(link.url).live('noise', { name });
    t.teardown(() => live.close());
    const ear = new NodeEar(2, RATE, { keepsPlace, correctsDrift: false });
    t.teardown(() => ear.close());
    const troubles: unknown[] = [];
    const listener = new TaskListener(live, {
      format: FORMAT,
      onPiece: (piece) => ear.push(piece),
      onTrouble: (error) => troubles.push(error),
    });
    await listener.start();
    return { name, keepsPlace, ear, listener, troubles };
  };
  const listeners = [await listen('to now', false), await listen('keeps its place', true)];
  const steady = new AudioCloudClient(domain.url).live('noise');
  t.teardown(() => steady.close());
  await steady.ready;
  await steady.transport({ play: true });
  const played = (seconds: number) =>
    until(`${seconds} s are heard`, () =>
      listeners.every(({ ear }) => ear.buffer.facts().streamFrame > seconds * RATE),
    );
  await played(3);
  link.cut();
  await sleep(CUT_MS);
  link.mend();
  await played(8);
  // not the task, which fades out
  await Promise.all(listeners.map(({ listener }) => listener.stop()));
  await until('all that came is heard', () => listeners.every(({ ear }) => ear.buffer.facts().fillFrames === 0));

  for (const { name, keepsPlace, ear, listener, troubles } of listeners) {
    ear.close();
    const facts = ear.buffer.facts();
    const runs = ear.buffer.heardRuns();
    t.same(troubles, [], `${name}: no trouble`);
    t.ok(listener.counts.reconnects >= 1, `${name}: the connection was lost`);
    t.equal(listener.counts.lostFrames, 0, `${name}: nothing is lost, since the domain sends again what was missed`);
    const found = compareHeard(ear.heard(), rendered, runs, FADE_FRAMES);
    t.ok(found.length > 0, `${name}: ${runs.length} runs are heard bit for bit as they were rendered`);
    t.equal(sum(runs), facts.heardFrames, `${name}: the runs are all that was heard`);
    const last = runs.at(-1)!;
    const frames = last.streamFrame + last.frames - runs[0]!.streamFrame;
    t.equal(
      facts.heardFrames + facts.skippedFrames + facts.lostFrames,
      frames,
      `${name}: every frame was heard, skipped or lost`,
    );
    if (keepsPlace) t.equal(facts.skippedFrames, 0, `${name}: nothing is skipped`);
    else t.ok(facts.skippedFrames > 2 * RATE, `${name}: ${facts.skippedFrames} frames are skipped`);
    // from the first frame that is heard to the last: the very frames, and the silence that is reported
    const span = found.at(-1)!.at + found.at(-1)!.frames - found[0]!.at;
    const told = sum(found) + facts.waitedFrames + facts.concealedFrames;
    t.ok(Math.abs(span - told) <= 128 * facts.underruns, `${name}: heard for ${span} frames, told ${told}`);
    t.comment(`${name}: ${JSON.stringify({ ...facts, reconnects: listener.counts.reconnects, lost: link.lost })}`);
  }
});
