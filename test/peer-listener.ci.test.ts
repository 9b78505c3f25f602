import t from 'tap';
import { AudioCloudClient } from '@audiocloud/client';
import type { PageListening } from '../client/testing/listen-page.ts';
import { startTestDomain, toneTask } from '../domain/testing/test-domain.ts';
import { fromBase64, listenPageFolder, openBrowser, openListenPage } from './testing/listen-page.ts';
import { noChromium } from './testing/open-page.ts';
import { fitSine } from './sine-fit.ts';
import { until } from './until.ts';

// The client library's listening by WebRTC, in a real browser.

declare const heard: PageListening;

t.test('a node is heard by WebRTC with its pitch and its meters', { skip: noChromium, timeout: 110_000 }, async (t) => {
  const domain = await startTestDomain(t, { webDir: await listenPageFolder() });
  await domain.create('tone', toneTask);
  const client = new AudioCloudClient(domain.url);
  await client.tasks.transport('tone', { play: true });
  const browser = await openBrowser();
  t.teardown(() => browser.close());
  const page = await browser.newPage();
  await openListenPage(page, domain.url);
  await page.evaluate(() => heard.startPeer({ task: 'tone', packetMs: 10 }));
  const isHeard = () => page.evaluate(() => heard.ear.at(-1)?.planes[0]?.some((sample) => Math.abs(sample) > 0.1));
  await until('the tone is heard', async () => (await isHeard()) === true);
  await page.evaluate(() => heard.ear.splice(0));
  await until('two seconds of it', () => page.evaluate(() => heard.ear.length > 800));
  const samples = fromBase64(await page.evaluate(() => heard.takeHeard()));
  // a piece at a time: where the browser stretches its buffer, the phase jumps
  const pitches = Array.from({ length: 40 }, (_, n) =>
    fitSine(samples.subarray(n * 2048, (n + 1) * 2048), 48000, 1000),
  );
  const good = pitches.filter(({ frequencyHz, residualDb }) => Math.abs(frequencyHz - 1000) < 1 && residualDb < -20);
  t.ok(good.length > 30, `${good.length} of 40 pieces are the tone`);
  await until('its meters come', () => page.evaluate(() => (heard.lastMeters?.peak[0] ?? 0) > 0.1));
  const facts = await page.evaluate(() => heard.peerFacts());
  t.comment(JSON.stringify(facts));
  t.ok(facts!.packets > 100 && facts!.lost === 0, `${facts!.packets} packets, ${facts!.lost} lost`);
  t.same(await page.evaluate(() => heard.troubles), []);
});
