import type { WebSocket } from 'ws';
import type { Cancel, Clock } from '../clock/clock.ts';
import type { Authenticator } from '../permissions/authenticator.ts';
import type { Principal } from '../permissions/principal.ts';

/** Closed because its key or token is ended: connecting again wants another. */
export const UNAUTHENTICATED_CLOSE = 4401;
const LOOK_MS = 500;
/** A client that does not read gets no close frame. */
const TERMINATE_MS = 200;

/** Closes the sockets of whoever is no longer who it was: revoked, expired, or with fewer rights. [control] */
export class OpenSockets {
  readonly #authenticator: Authenticator;
  readonly #clock: Clock;
  readonly #open = new Map<WebSocket, Principal>();
  readonly #ends: Cancel[];

  constructor(authenticator: Authenticator, clock: Clock) {
    this.#authenticator = authenticator;
    this.#clock = clock;
    const look = () => this.#look();
    this.#ends = [authenticator.follow?.(look) ?? (() => {}), clock.every(LOOK_MS, look)];
  }

  add(socket: WebSocket, principal: Principal): void {
    this.#open.set(socket, principal);
    socket.once('close', () => this.#open.delete(socket));
    this.#look();
  }

  close(): void {
    for (const end of this.#ends) end();
  }

  #look(): void {
    const { isStill } = this.#authenticator;
    if (!isStill) return;
    for (const [socket, principal] of this.#open) {
      if (isStill.call(this.#authenticator, principal)) continue;
      this.#open.delete(socket);
      // What it sends meanwhile is not read any more.
      socket.removeAllListeners('message');
      const cancel = this.#clock.after(TERMINATE_MS, () => socket.terminate());
      socket.once('close', cancel);
      socket.close(UNAUTHENTICATED_CLOSE, 'the key or token is not valid any more');
    }
  }
}
