import { type Adapter, asAudioCloudError } from '@audiocloud/api';
import { AdapterLinks } from './adapter-links.ts';
import type { FromAdapter, ToAdapter } from './adapter-message.ts';
import './shared-contract.ts';

/*
 * The process of one adapter package. The engine forks it with the address of the adapter's entry; messages are JSON.
 * It ends when the engine does.
 */

const HEARTBEAT_MS = 500;

/** Safe values must be out before an engine that ends us loses its patience. */
const SAFE_DEADLINE_MS = 1300;

function emit(message: FromAdapter): void {
  if (process.connected) process.send!(message);
}

async function end(links: AdapterLinks): Promise<never> {
  // Nobody is there any more who could renew anything.
  await Promise.race([links.makeSafe(), new Promise((resolve) => setTimeout(resolve, SAFE_DEADLINE_MS))]);
  await Promise.race([links.close(), new Promise((resolve) => setTimeout(resolve, 500))]);
  process.exit(0);
}

async function main(entry: string): Promise<void> {
  let links: AdapterLinks | undefined;
  const endAll = () => (links ? end(links) : process.exit(0));
  process.on('disconnect', endAll);
  process.on('SIGTERM', endAll);
  // The engine says when to end, also when a terminal's Ctrl-C reaches us both.
  process.on('SIGINT', () => {});
  setInterval(() => emit({ type: 'heartbeat' }), HEARTBEAT_MS);
  try {
    const { adapter } = (await import(entry)) as { adapter: Adapter };
    const all = new AdapterLinks({ adapter, emit });
    links = all;
    let isLooking = false;
    process.on('message', (received) => {
      const message = received as ToAdapter;
      all.receive(message);
      if (message.type !== 'instances' || isLooking) return;
      isLooking = true;
      all.watch();
    });
    emit({ type: 'up' });
  } catch (error) {
    process.send!({ type: 'failed', error: asAudioCloudError(error, 'ADAPTER_FAILED').toJSON() }, () =>
      process.exit(1),
    );
  }
}

void main(process.argv[2]!);
