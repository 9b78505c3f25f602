import t, { type Test } from 'tap';
import type { DomainOptions } from '@audiocloud/domain';
import { toneTask } from '../domain/testing/test-domain.ts';
import { noChromium, openPage } from './testing/open-page.ts';
import { until } from './until.ts';

// How the page listens: in a real browser, against the real domain with its engine.

/** The page plays the tone in the quality of least delay. */
async function leastDelay(t: Test, options: Pick<DomainOptions, 'webrtc'> = {}) {
  const { client, page, complaints, go } = await openPage(t, options);
  await client.tasks.create(toneTask, 'tone');
  await client.tasks.transport('tone', { play: true });
  await go();
  await page.getByRole('button', { name: 'How to listen' }).click();
  await page.getByRole('combobox', { name: 'Quality' }).selectOption({ label: 'Least delay (WebRTC)' });
  await page.locator('.listen-button').click();
  const facts = () =>
    page
      .locator('.listen-facts')
      .allTextContents()
      .then((all) => all.join());
  return { page, facts, complaints };
}

t.test('the page listens by WebRTC and shows its buffer', { skip: noChromium, timeout: 100_000 }, async (t) => {
  const { page, facts, complaints } = await leastDelay(t);
  const pattern = /^WebRTC, buffer (\d+) ms, (\d+) packets, (\d+) lost, [\d.]+ % concealed$/;
  await until('packets come', async () => Number(pattern.exec(await facts())?.[2] ?? 0) > 100);
  await until('its buffer is shown', async () => Number(pattern.exec(await facts())?.[1] ?? 0) > 0);
  t.equal(await page.locator('.listen-button').getAttribute('aria-pressed'), 'true');
  await page.locator('.listen-button').click();
  await until('it has stopped', async () => (await facts()) === '');
  t.equal(await page.locator('.listen-problem').count(), 0);
  t.same(complaints, []);
});

t.test(
  'where the domain has no WebRTC the page goes on through the socket',
  { skip: noChromium, timeout: 100_000 },
  async (t) => {
    const { page, facts } = await leastDelay(t, { webrtc: { library: 'werift-that-is-not-there' } });
    await until('opus comes', async () => /^opus 192 kbit\/s, buffer \d+ ms/.test(await facts()));
    const heard = async () => Number(await page.locator('.listen-button').getAttribute('data-heard-frames'));
    await until('it is heard', async () => (await heard()) > 48_000);
    t.equal(await page.locator('.listen-problem').count(), 0);
  },
);
