import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import type { PageListening } from '../../client/testing/listen-page.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const ENTRIES = {
  page: 'client/testing/listen-page.ts',
  'ear-worklet': 'client/testing/ear-worklet.ts',
  'player-worklet': 'client/listen/player/player-worklet.ts',
  'decode-worker': 'client/listen/decode/decode-worker.ts',
};
const BASE = '/listen-test/';

let bundled: Promise<Map<string, string>> | undefined;

/** The client library for a browser, bundled as a page would have it: by file name. */
function bundle(): Promise<Map<string, string>> {
  bundled ??= (async () => {
    const files = new Map<string, string>();
    // one by one: a worklet cannot share a chunk with what is not for worklets
    for (const [name, entry] of Object.entries(ENTRIES)) {
      const result = await build({
        configFile: false,
        root,
        base: BASE,
        logLevel: 'silent',
        build: {
          write: false,
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
      for (const one of [result].flat())
        if ('output' in one) for (const file of one.output) if (file.type === 'chunk') files.set(file.fileName, file.code);
    }
    return files;
  })();
  return bundled;
}

/** A browser whose pages of `openListenPage` may speak to a domain of this machine: their scripts do not come from it. */
export const openBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-features=LocalNetworkAccessChecks'],
  });

/** Opens a page of the domain's origin that has the client library and nothing else. `window.heard` is its listening. */
export async function openListenPage(page: Page, domain: string): Promise<void> {
  const files = await bundle();
  await page.route(`**${BASE}**`, (route) => {
    const name = new URL(route.request().url()).pathname.slice(BASE.length);
    const code = files.get(name);
    if (code) return route.fulfill({ contentType: 'text/javascript', body: code });
    return route.fulfill({ contentType: 'text/html', body: `<script type="module" src="${BASE}page.js"></script>` });
  });
  await page.goto(`${domain}${BASE}index.html`);
  await page.waitForFunction(() => 'listening' in window);
  await page.evaluate((base) => {
    const made = window as unknown as { listening(base: string): PageListening; heard: PageListening };
    made.heard = made.listening(base);
  }, BASE);
}

/** The samples of `takeHeard`. */
export function fromBase64(text: string): Float32Array {
  const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
  return new Float32Array(bytes.buffer);
}
