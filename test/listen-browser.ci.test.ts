import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PacketFormat, Task } from '@audiocloud/api';
import { AudioCloudClient, FADE_FRAMES } from '@audiocloud/client';
import { createWavWriter, openTaskMedia, Registry, renderTask } from '@audiocloud/engine';
import t from 'tap';
import type { PageListening } from '../client/testing/listen-page.ts';
import { startTestDomain, toneTask } from '../domain/testing/test-domain.ts';
import { compareHeard } from './testing/heard-compare.ts';
import { fromBase64, listenPageFolder, openBrowser, openListenPage } from './testing/listen-page.ts';
import { noChromium } from './testing/open-page.ts';
import { randoms } from './testing/randoms.ts';
import { fitSine } from './sine-fit.ts';
import { until } from './until.ts';

// Every kind of packet in a real browser: decoded, played on an AudioWorklet, and heard behind it.

const RATE = 48000;
const SECONDS = 40;

const task: Task = {
  sampleRate: RATE,
  media: { noise: { path: 'noise.wav' } },
  tracks: { track: { channels: 2, clips: [{ media: 'noise', startSeconds: 0 }] } },
  instances: { fader: { model: 'audiocloud:gain', parameters: { gain: -6 } } },
  connections: {
    a: { from: { node: 'track' }, to: { node: 'fader' } },
    b: { from: { node: 'fader' }, to: { node: 'main' } },
  },
  sinks: { main: { kind: 'stream', channels: 2 } },
};

const rounded = (bits: number) => (plane: Float32Array) =>
  plane.map((sample) => Math.round(sample * 2 ** (bits - 1)) / 2 ** (bits - 1));
const FORMATS: [PacketFormat, (plane: Float32Array) => Float32Array][] = [
  ['s16', rounded(16)],
  ['s24', rounded(24)],
  ['f32', (plane) => plane],
  ['flac16', rounded(16)],
  ['flac24', rounded(24)],
];

declare const heard: PageListening;

t.test('browser', { skip: noChromium, timeout: 240_000 }, async (t) => {
  const domain = await startTestDomain(t, { webDir: await listenPageFolder() });
  const random = randoms(5);
  const noise = [0, 1].map(() => Float32Array.from({ length: RATE * SECONDS }, () => 0.5 * (random() - 0.5)));
  const writer = await createWavWriter(join(domain.mediaDir, 'noise.wav'), {
    sampleRate: RATE,
    channels: 2,
    bits: '24',
  });
  await writer.write(noise, noise[0]!.length);
  await writer.close();
  await domain.create('noise', task);
  const registry = Registry.open([fileURLToPath(new URL('../plugins', import.meta.url))]);
  const media = await openTaskMedia(task, { folder: domain.mediaDir, sampleRate: RATE });
  const rendered = (await renderTask({ task, media, registry, toSeconds: SECONDS })).data;
  const steady = new AudioCloudClient(domain.url).live('noise');
  t.teardown(() => steady.close());
  await steady.ready;
  await steady.transport({ play: true });

  const browser = await openBrowser();
  t.teardown(() => browser.close());
  const page = await browser.newPage();
  page.on('console', (message) => t.comment(message.text()));
  page.on('pageerror', (error) => t.comment(String(error)));
  await openListenPage(page, domain.url);

  for (const [format, asSent] of FORMATS)
    await t.test(`${format} is heard as it was rendered`, async (t) => {
      // from the beginning: a busy machine takes long, and the noise has an end
      await steady.transport({ play: false });
      await steady.transport({ positionSeconds: 0, play: true });
      await page.evaluate(
        (format) => heard.start({ task: 'noise', format, inWorker: format.startsWith('flac'), correctsDrift: false }),
        format,
      );
      await until(
        '2 s are heard',
        async () => (await page.evaluate(() => heard.now?.facts.heardFrames ?? 0)) > 0.8 * RATE,
      );
      const report = (await page.evaluate(() => heard.report()))!;
      const left = fromBase64(await page.evaluate(() => heard.takeHeard(0)));
      t.same(await page.evaluate(() => heard.troubles), []);
      // what left the worklet after the report was asked for is in no run of it
      const found = compareHeard([left], rendered.map(asSent), report.runs, FADE_FRAMES, true);
      t.ok(found.length > 0, `${report.heardFrames} frames in ${report.runs.length} runs are bit for bit as rendered`);
      t.comment(JSON.stringify(await page.evaluate(() => heard.now?.facts)));
      await page.evaluate(() => heard.stop());
    });

  await t.test(
    'opus, decoded in a worker, is the tone that was played, at its level, with the drift made good',
    async (t) => {
      await domain.create('tone');
      await domain.call('PATCH', '/v1/tasks/tone/transport', { play: true });
      for (const bitRate of [64_000, 128_000]) {
        await page.evaluate(
          (bitRate) => heard.start({ task: 'tone', format: 'opus', bitRate, inWorker: true }),
          bitRate,
        );
        await until(
          '1.5 s are heard',
          async () => (await page.evaluate(() => heard.now?.facts.heardFrames ?? 0)) > 0.8 * RATE,
        );
        t.same(await page.evaluate(() => heard.troubles), []);
        const meters = await page.evaluate(() => heard.lastMeters);
        const left = fromBase64(await page.evaluate(() => heard.takeHeard(0)));
        await page.evaluate(() => heard.stop());
        // the loudest tenth of a second without a hole: a busy machine may make some
        const fits = Array.from({ length: Math.floor(left.length / 4800) }, (_, i) =>
          fitSine(left.subarray(i * 4800, (i + 1) * 4800), RATE, 997),
        );
        const best = fits
          .filter(({ amplitude }) => amplitude > 0.05)
          .reduce((one, other) => (other.residualDb < one.residualDb ? other : one));
        t.ok(best.residualDb < -25, `${bitRate} bits a second: what is not the tone ${best.residualDb.toFixed(1)} dB`);
        t.ok(
          Math.abs(best.amplitude / meters!.peak[0]! - 1) < 0.05,
          `level ${best.amplitude}, its meter ${meters!.peak[0]}`,
        );
      }
    },
  );

  await t.test('12 channels come down to two', async (t) => {
    const sinks = { out: { kind: 'stream', channels: 12 } } as const;
    const toOut = { from: { node: 'gain' }, to: { node: 'out' }, channels: [[0, 6]] as [number, number][] };
    const made = await domain.create('wide', { ...toneTask, sinks, connections: { ...toneTask.connections, toOut } });
    t.equal(made.status, 201, JSON.stringify(made.body));
    await domain.call('PATCH', '/v1/tasks/wide/transport', { play: true });
    await page.evaluate(() => heard.start({ task: 'wide', format: 'flac24', inWorker: true }));
    await until('sound is heard', async () => (await page.evaluate(() => heard.now?.facts.heardFrames ?? 0)) > 9_600);
    t.same(await page.evaluate(() => heard.troubles), []);
    t.ok(fromBase64(await page.evaluate(() => heard.takeHeard(0))).some((sample) => Math.abs(sample) > 0.01));
    await page.evaluate(() => heard.stop());
  });
});
