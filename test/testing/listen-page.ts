import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { until } from '../until.ts';
import type { PageListening } from '../../client/testing/listen-page.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const ENTRIES = {
  page: 'client/testing/listen-page.ts',
  'ear-worklet': 'client/testing/ear-worklet.ts',
  'player-worklet': 'client/listen/player/player-worklet.ts',
  'decode-worker': 'client/listen/decode/decode-worker.ts',
};
let bundled: Promise<string> | undefined;

/**
 * A folder with a page that has the client library and nothing else, bundled as a page would have it, for the `webDir` of a domain: so
 * it is under the very policies that its page is under. Once in a process.
 */
export function listenPageFolder(): Promise<string> {
  bundled ??= (async () => {
    const folder = mkdtempSync(join(tmpdir(), 'listen-page-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    // one by one: a worklet cannot share a chunk with what is not for worklets
    for (const [name, entry] of Object.entries(ENTRIES))
      await build({
        configFile: false,
        root,
        logLevel: 'silent',
        build: {
          outDir: folder,
          emptyOutDir: false,
          copyPublicDir: false,
          target: 'es2023',
          minify: false,
          modulePreload: false,
          rolldownOptions: {
            input: { [name]: `${root}/${entry}` },
            output: { entryFileNames: '[name].js', chunkFileNames: `${name}-[hash].js` },
            treeshake: { moduleSideEffects: (id: string) => !/[\\/](typebox|api)[\\/]/.test(id) },
          },
        },
      });
    writeFileSync(
      join(folder, 'index.html'),
      '<!doctype html><title>ear</title><script type="module" src="/page.js"></script>',
    );
    return folder;
  })();
  return bundled;
}

export const openBrowser = (): Promise<Browser> =>
  chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });

/** Opens the page of a domain that has `listenPageFolder`. `heard` is its listening. */
export async function openListenPage(page: Page, domain: string): Promise<void> {
  await page.goto(domain);
  await until('the page is there', () => page.evaluate(() => 'listening' in window));
  await page.evaluate(() => {
    const made = window as unknown as { listening(base: string): PageListening; heard: PageListening };
    made.heard = made.listening('/');
  });
}

/** The samples of `takeHeard`. */
export function fromBase64(text: string): Float32Array {
  const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
  return new Float32Array(bytes.buffer);
}
