import { type DomainOptions, startDomain } from '../main.ts';
import { LoopDelay } from './loop-delay.ts';

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
  /** The same without the time in which the system had the process wait for a processor: by its own work. */
  ownP99Ms: number;
  ownMaxMs: number;
  /** Of rejections that nobody handled, and of exceptions. */
  faults: string[];
}

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
const loop = new LoopDelay();
process.on('message', async (message) => {
  if (message === 'measure') {
    const { loopP99Ms, loopMaxMs, ownP99Ms, ownMaxMs } = loop.take();
    for (let i = 0; i < 3; i++) {
      globalThis.gc!();
      await new Promise((resolve) => setTimeout(resolve, 20)); // what waits for a turn of the loop
    }
    loop.take(); // collecting everything is no part of what is watched
    const { heapUsed: heapBytes, external: externalBytes, rss: residentBytes } = process.memoryUsage();
    process.send!({
      heapBytes,
      externalBytes,
      residentBytes,
      loopP99Ms,
      loopMaxMs,
      ownP99Ms,
      ownMaxMs,
      faults: faults.splice(0),
    } satisfies Watched);
  }
  if (message === 'close') {
    await domain.close();
    process.exit(0);
  }
});
process.send!({ url: domain.url, token });
