import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type DomainOptions, startDomain } from '../main.ts';

/*
 * Runs a domain of its own process and watches it, for tests that are rude to it: options as JSON in the first argument, its
 * URL and first token on its channel. Asked `measure`, it says what it has seen since it was asked last. Started with --expose-gc.
 */
export interface Watched {
  /** In use after everything that can be was collected. */
  heapBytes: number;
  externalBytes: number;
  residentBytes: number;
  /** How late timers came. */
  loopP99Ms: number;
  loopMaxMs: number;
  /** Of rejections that nobody handled, and of exceptions. */
  faults: string[];
}

const RESOLUTION_MS = 5;
const faults: string[] = [];
process.on('unhandledRejection', (reason) => faults.push(`unhandled rejection: ${(reason as Error)?.stack ?? reason}`));
process.on('uncaughtException', (error) => faults.push(`uncaught exception: ${error.stack}`));

let token: string | undefined;
const domain = await startDomain({
  ...(JSON.parse(process.argv[2]!) as DomainOptions),
  onFirstStart: (made) => {
    token = made.token;
  },
});
const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
loop.enable();
process.on('message', async (message) => {
  if (message === 'measure') {
    const late = (ns: number) => Math.max(0, ns / 1e6 - RESOLUTION_MS);
    const [loopP99Ms, loopMaxMs] = [late(loop.percentile(99)), late(loop.max)];
    for (let i = 0; i < 3; i++) {
      globalThis.gc!();
      await new Promise((resolve) => setTimeout(resolve, 20)); // what waits for a turn of the loop
    }
    loop.reset();
    const { heapUsed: heapBytes, external: externalBytes, rss: residentBytes } = process.memoryUsage();
    process.send!({
      heapBytes,
      externalBytes,
      residentBytes,
      loopP99Ms,
      loopMaxMs,
      faults: faults.splice(0),
    } satisfies Watched);
  }
  if (message === 'close') {
    await domain.close();
    process.exit(0);
  }
});
process.send!({ url: domain.url, token });
