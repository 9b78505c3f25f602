#!/usr/bin/env node
// Plain JavaScript that any Node can read, so that an old one gets a sentence instead of a syntax error.
const [major] = process.versions.node.split('.').map(Number);
if (major < 24) {
  console.error(`audiocloud needs Node 24 or newer, this is ${process.version}: install Node 24 LTS and try again.`);
  process.exit(1);
}
const { enableCompileCache, getCompileCacheDir } = await import('node:module');
enableCompileCache();
const cache = getCompileCacheDir();
if (cache) process.env.NODE_COMPILE_CACHE ??= cache; // for the engine's process too: both start in half the time
// Who reads the output may have enough of it (`audiocloud top | head`): that is no failure.
process.stdout.on('error', (error) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});
const { existsSync } = await import('node:fs');
const isSource = existsSync(new URL('./main.ts', import.meta.url)); // the published package has JavaScript
const { main } = await import(isSource ? './main.ts' : './main.js');
process.exitCode = await main(process.argv);
