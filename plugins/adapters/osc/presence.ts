import type { Address, OscSettings } from './address.ts';
import { question } from './heartbeat.ts';
import { connectTcp } from './tcp-port.ts';
import { openUdp } from './udp-port.ts';

/** Ports are listed twice a second: an answer that takes longer is taken at the next look. */
const ANSWER_MS = 400;

/**
 * Whether a device that is not open answers. [control]
 *
 * tcp: it takes a connection. udp: it answers the heartbeat; without one that is not known, and it is taken as there.
 */
export async function isThere(address: Address, settings: OscSettings): Promise<boolean> {
  if (settings.transport === 'tcp')
    return connectTcp(address, ANSWER_MS).then(
      (socket) => {
        socket.destroy();
        return true;
      },
      () => false,
    );
  return settings.heartbeat === undefined || answers(address, settings.heartbeat, settings.localPort);
}

async function answers(address: Address, heartbeat: string, localPort: number | undefined): Promise<boolean> {
  const port = await openUdp(address, localPort).catch(() => undefined);
  if (!port) return false;
  const answered = new Promise<boolean>((resolve) => {
    const late = setTimeout(() => resolve(false), ANSWER_MS);
    port.onData(() => {
      clearTimeout(late);
      resolve(true);
    });
  });
  await port.write(question(heartbeat)).catch(() => {});
  return answered.finally(() => port.close());
}
