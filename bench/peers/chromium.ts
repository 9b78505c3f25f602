import { existsSync } from 'node:fs';
import { type Browser, chromium as playwright, type Page } from 'playwright-core';
import { planar, type Peer, type Rendered, run } from './peer.ts';
import type { WebAudioGraph } from './web-audio.ts';

export const CHROMIUM = '/usr/bin/chromium';
const ARGUMENTS = ['--no-sandbox', '--disable-gpu'];

/** Blink's OfflineAudioContext. */
export const chromium: Peer = {
  name: 'chromium',
  from: 'chromium',
  isProcess: false,
  version: async () => {
    if (!existsSync(CHROMIUM)) throw new Error(`there is no ${CHROMIUM}`);
    return /Chromium ([\d.]+)/.exec((await run(CHROMIUM, ['--version'])).stdout)![1]!;
  },
};

/** Blink scales its sawtooth so that the overshoot of its Fourier series ends at 1: (2 / pi) Si(pi) is to be made good. */
export const SAW_MAKE_UP = 1.1789797;

let opened: Promise<{ browser: Browser; page: Page }> | undefined;

/** One browser for all renders of a run; `closeChromium` ends it. */
export function chromiumPage(): Promise<{ browser: Browser; page: Page }> {
  opened ??= playwright.launch({ executablePath: CHROMIUM, args: ARGUMENTS }).then(async (browser) => ({
    browser,
    page: await browser.newPage(),
  }));
  return opened;
}

export async function closeChromium(): Promise<void> {
  const open = await opened?.catch(() => undefined);
  opened = undefined;
  await open?.browser.close();
}

/** Renders a graph at 48 kHz in Chromium; the time is that of rendering alone, by the page's clock. */
export async function renderChromium<S>(
  graph: WebAudioGraph<S>,
  spec: S,
  lengthSeconds: number,
  channels: number,
): Promise<Rendered> {
  const { page } = await chromiumPage();
  const { milliseconds, base64 } = (await page.evaluate(`(async () => {
    const [channels, length] = [${channels}, ${Math.round(lengthSeconds * 48000)}];
    const context = new OfflineAudioContext(channels, length, 48000);
    (${graph})(context, ${JSON.stringify(spec)});
    const begun = performance.now();
    const rendered = await context.startRendering();
    const milliseconds = performance.now() - begun;
    const all = new Float32Array(length * channels);
    for (let c = 0; c < channels; c++) {
      const from = rendered.getChannelData(c);
      for (let i = 0; i < length; i++) all[i * channels + c] = from[i];
    }
    const reader = new FileReader();
    const done = new Promise((resolve) => reader.addEventListener('load', resolve));
    reader.readAsDataURL(new Blob([all]));
    await done;
    return { milliseconds, base64: reader.result.slice(reader.result.indexOf(',') + 1) };
  })()`)) as { milliseconds: number; base64: string };
  return { seconds: milliseconds / 1000, channels: planar(Buffer.from(base64, 'base64'), channels) };
}
