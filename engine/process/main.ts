import { mkdirSync } from 'node:fs';
import { asAudioCloudError } from '@audiocloud/api';
import { optimiseWasm } from '../plugin/optimise.ts';
import { engineSettings } from './engine-settings.ts';
import { logLine } from './log-line.ts';

/*
 * The engine as a process: `node main.ts --data DIR --plugins DIR…`. It is there when its control socket is. Ends with 0
 * after SIGTERM, SIGINT, a shutdown command or the end of its lease; with 1 after an error, which it logs: who started
 * it starts it again.
 */
const LEASE_SECONDS = 30;

optimiseWasm(); // before anything that may compile is loaded
const { Engine } = await import('./engine.ts');
const { Lease } = await import('./lease.ts');
const { ProtocolServer } = await import('./protocol-server.ts');

const closers: (() => Promise<void> | void)[] = [];
let isEnding = false;

async function end(code: number, why: string, details: Record<string, unknown> = {}): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  logLine(code === 0 ? 'info' : 'error', why, details);
  setTimeout(() => process.exit(1), 5000).unref(); // a part that does not close must not keep the process
  for (const close of closers.reverse()) await close();
  process.exit(code);
}

const fail = (thrown: unknown): void => {
  const error = asAudioCloudError(thrown, 'ENGINE_FAILED');
  const cause = error.cause instanceof Error ? error.cause : error;
  void end(1, 'engine failed', { error: error.toJSON(), stack: cause.stack });
};

process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);
// who reads our log may go before us
process.stderr.on('error', () => {});
process.stdout.on('error', () => {});
process.on('SIGTERM', () => void end(0, 'ended by SIGTERM'));
process.on('SIGINT', () => void end(0, 'ended by SIGINT'));

try {
  const settings = engineSettings(process.argv.slice(2), process.env);
  mkdirSync(settings.dataDir, { recursive: true });
  await ProtocolServer.refuseSecond(settings.dataDir);
  const engine = await Engine.start(settings);
  closers.push(() => engine.close());
  engine.on('fatal', fail);
  const lease = new Lease(LEASE_SECONDS, () => void end(0, 'lease ran out'));
  closers.push(() => lease.stop());
  const shutdown = (): void => void setImmediate(() => void end(0, 'ended by command')); // after its answer
  const server = await ProtocolServer.listen(settings.dataDir, { engine, lease, shutdown });
  closers.push(() => server.close());
  const { scheduling, device, models, refused } = engine.facts();
  logLine('info', 'engine is up', { pid: process.pid, scheduling, device, models: models.length, refused });
} catch (thrown) {
  fail(thrown);
}
