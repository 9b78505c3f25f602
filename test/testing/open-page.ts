import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AudioCloudClient } from '@audiocloud/client';
import { type DomainOptions, startDomain } from '@audiocloud/domain';
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
  /** The same page for somebody else: a browser window that shares nothing with the first, but these cookies. */
  another(cookies?: { [name: string]: string }): Promise<Page>;
  /** Errors, warnings, and violations of the page's security policy. */
  complaints: string[];
  /** Goes to the page: tasks and scripts of the page come before. */
  go(hash?: string): Promise<void>;
  url: string;
}

/** The page in a real browser, against a real domain with its engine. All of it ends with the test. */
export async function openPage(
  t: Test,
  {
    plugins = [],
    ...options
  }: { plugins?: string[] } & Pick<DomainOptions, 'access' | 'authenticator' | 'onFirstStart' | 'webrtc'> = {},
): Promise<OpenPage> {
  // Not t.testdir: the paths of Unix sockets may have 107 bytes.
  const dataDir = mkdtempSync(join(tmpdir(), 'page-'));
  await buildWeb({ ifMissing: true });
  const domain = await startDomain({
    port: 0,
    access: 'open',
    dataDir,
    mediaDirs: [FOLDER('examples/tasks'), FOLDER('examples/media')],
    pluginDirs: [FOLDER('plugins'), ...plugins],
    webDir: FOLDER('web/dist'),
    logger: pino({ level: 'silent' }),
    engineEnvironment: { AUDIOCLOUD_DEVICE: 'paced' },
    ...options,
  });
  t.teardown(async () => {
    await domain.close();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'],
  });
  t.teardown(() => browser.close());
  const complaints: string[] = [];
  const open = async (cookies: { [name: string]: string } = {}) => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    await context.addCookies(Object.entries(cookies).map(([name, value]) => ({ name, value, url: domain.url })));
    const page = await context.newPage();
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.addInitScript(() =>
      document.addEventListener('securitypolicyviolation', (event) =>
        console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`),
      ),
    );
    return page;
  };
  const page = await open();
  const another = async (cookies?: { [name: string]: string }) => {
    const page = await open(cookies);
    await page.goto(domain.url);
    return page;
  };
  const go = async (hash = '') => void (await page.goto(`${domain.url}/${hash}`));
  return { client: new AudioCloudClient(domain.url), url: domain.url, page, another, complaints, go };
}
