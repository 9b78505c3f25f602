import { EventEmitter } from 'node:events';
import t from 'tap';
import { VirtualClock } from '../clock/virtual-clock.ts';
import { OpenSockets, UNAUTHENTICATED_CLOSE } from './open-sockets.ts';

/** A socket whose other end answers a close frame, or does not read. */
class Socket extends EventEmitter {
  readonly codes: number[] = [];
  isTerminated = false;
  readonly #reads: boolean;

  constructor(reads: boolean) {
    super();
    this.#reads = reads;
  }

  close(code: number): void {
    this.codes.push(code);
    if (this.#reads) this.emit('close');
  }

  terminate(): void {
    this.isTerminated = true;
    this.emit('close');
  }
}

function revoked(socket: Socket) {
  const clock = new VirtualClock();
  let isThere = true;
  const authenticator = { principalOf: () => Promise.reject(new Error('nobody asks')), isStill: () => isThere };
  const sockets = new OpenSockets(authenticator, clock);
  sockets.add(socket as never, {} as never);
  clock.advance(1_000);
  const before = [...socket.codes];
  isThere = false;
  clock.advance(500);
  return { clock, sockets, before };
}

t.test('who loses its key is cut off, and leaves no timer', async (t) => {
  const socket = new Socket(true);
  const { clock, sockets, before } = revoked(socket);
  t.same(before, []);
  t.same(socket.codes, [UNAUTHENTICATED_CLOSE]);
  sockets.close();
  t.equal(clock.timers, 0);
  t.equal(socket.isTerminated, false);
});

t.test('a client that does not read is cut off all the same', async (t) => {
  const socket = new Socket(false);
  const { clock, sockets } = revoked(socket);
  t.equal(socket.isTerminated, false);
  clock.advance(500);
  t.equal(socket.isTerminated, true);
  sockets.close();
  t.equal(clock.timers, 0);
});
