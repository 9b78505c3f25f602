import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AudioCloudClient } from '@audiocloud/client';
import { startDomain } from '@audiocloud/domain';
import { pino } from 'pino';
import { chromium, type Page } from 'playwright-core';
import type { Test } from 'tap';
import { buildWeb } from '../../scripts/build-web.ts';

const CHROMIUM = '/usr/bin/chromium';
const FOLDER = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Why there is no browser; false where there is one. */
export const noChromium = existsSync(CHROMIUM) ? false : 'needs Chromium (apt-get install chromium)';

export interface OpenPage {
  client: AudioCloudClient;
  page: Page;
  /** Errors, warnings, and violations of the page's security policy. */
  complaints: string[];
  /** Goes to the page: tasks and scripts of the page come before. */
  go(): Promise<void>;
}

/** The page in a real browser, against a real domain with its engine. All of it ends with the test. */
export async function openPage(t: Test, { plugins = [] }: { plugins?: string[] } = {}): Promise<OpenPage> {
  const folder = t.testdir({});
  const webDir = join(folder, 'web');
  await buildWeb({ outDir: webDir });
  const domain = await startDomain({
    port: 0,
    access: 'open',
    dataDir: join(folder, 'data'),
    mediaDirs: [FOLDER('examples/tasks'), FOLDER('examples/media')],
    pluginDirs: [FOLDER('plugins'), ...plugins],
    webDir,
    logger: pino({ level: 'silent' }),
    engineEnvironment: { AUDIOCLOUD_DEVICE: 'paced' },
  });
  t.teardown(() => domain.close());
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  });
  t.teardown(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.addInitScript(() =>
    document.addEventListener('securitypolicyviolation', (event) =>
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`),
    ),
  );
  const go = async () => void (await page.goto(domain.url));
  return { client: new AudioCloudClient(domain.url), page, complaints, go };
}
