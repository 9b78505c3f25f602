import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ENGINE_PROTOCOL } from '@audiocloud/api';
import type { CheckContext } from '../check-context.ts';
import { audioSocket, controlSocket, type EngineLine } from '../engine-line.ts';
import { want } from '../outcome.ts';
import type { StartedEngine } from '../start-engine.ts';

const LEASE_SECONDS = 1;
const RENEWALS = 5;

/** It has as long as for an answer. */
async function wantEnd({ ended, dataDir, line }: StartedEngine & { line: EngineLine }): Promise<void> {
  const how = await Promise.race([ended, sleep(LEASE_SECONDS * 1000 + line.patienceMs, undefined, { ref: false })]);
  want(how !== undefined, `it still runs ${line.patienceMs / 1000} s later`);
  want(how === 0, `it ended with ${how}`);
  const left = [controlSocket(dataDir), audioSocket(dataDir)].filter(existsSync);
  want(left.length === 0, `it left ${left.join(', ')}`);
}

export async function leaseEnds(context: CheckContext): Promise<string> {
  const engine = await context.fresh();
  await engine.line.result({ type: 'lease', seconds: LEASE_SECONDS });
  let hasEnded = false;
  void engine.ended.then(() => {
    hasEnded = true;
  });
  for (let i = 0; i < RENEWALS; i++) {
    await sleep((LEASE_SECONDS * 1000) / 3);
    await engine.line.result({ type: 'hello', protocol: ENGINE_PROTOCOL });
  }
  const last = performance.now();
  want(!hasEnded, 'it ended though commands came');
  await wantEnd(engine);
  const seconds = (performance.now() - last) / 1000;
  want(seconds > LEASE_SECONDS * 0.9, `it ended ${seconds.toFixed(2)} s after the last command`);
  return `ended ${seconds.toFixed(1)} s after the last command`;
}

export async function leaseRefused(context: CheckContext): Promise<string> {
  const line = await context.greeted();
  for (const seconds of [-1, 1e9, 'long']) await line.refused({ type: 'lease', seconds }, 'MESSAGE_INVALID');
  return 'refused: -1 s, 1e9 s, a word';
}

export async function shutdown(context: CheckContext): Promise<string> {
  const engine = await context.fresh();
  await engine.line.result({ type: 'shutdown' });
  await wantEnd(engine);
  return 'answered, then ended with 0';
}
