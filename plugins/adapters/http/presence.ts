import { connect } from 'node:net';
import type { Address } from './address.ts';

/** Ports are listed twice a second: what takes longer is taken at the next look. */
const ANSWER_MS = 350;

/** Whether something takes connections at an address. [control] */
export function takesConnections(address: Address): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ ...address, timeout: ANSWER_MS });
    const end = (isThere: boolean) => {
      socket.destroy();
      resolve(isThere);
    };
    socket
      .once('connect', () => end(true))
      .once('timeout', () => end(false))
      .once('error', () => end(false));
  });
}
