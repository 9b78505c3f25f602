import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { randoms } from './randoms.ts';

export interface Impairment {
  /** Every piece takes so long at least; default 20. */
  delayMs?: number;
  /** And up to so much longer, each by chance. */
  jitterMs?: number;
  /** The chance that a piece is lost on the way. TCP sends it again, and what is behind it waits. */
  loss?: number;
  /** Until a lost piece has come again; default 120: a round trip, and the time to notice. */
  repairMs?: number;
  /** Each way carries no more; what waits for it is bounded by `bufferBytes`, then nothing is read. Default: no limit. */
  bytesPerSecond?: number;
  /** Default 16 KiB, and what one read brings. */
  bufferBytes?: number;
  seed?: number;
}

/** As networks have it: with a limit, so much goes at once. */
const SEGMENT_BYTES = 1_448;
/** A timer that is so late is made good. */
const LATE_MS = 100;

/** A poor way to a server, both ways: TCP keeps the order, so what is late makes what follows late. */
export class ImpairedLink {
  /** May be changed while it carries. */
  impairment: Impairment;
  /** Pieces that were "lost". */
  lost = 0;
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  readonly #random: () => number;
  #isDown = false;

  private constructor(port: number, impairment: Impairment) {
    this.impairment = impairment;
    this.#random = randoms(impairment.seed ?? 1);
    this.#server = createServer((client) => {
      if (this.#isDown) client.destroy();
      else this.#carry(client, connect(port, '127.0.0.1'));
    });
  }

  static async open(port: number, impairment: Impairment): Promise<ImpairedLink> {
    const link = new ImpairedLink(port, impairment);
    await once(link.#server.listen(0, '127.0.0.1'), 'listening');
    return link;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Breaks every connection, and takes none until `mend`. */
  cut(): void {
    this.#isDown = true;
    for (const socket of this.#open) socket.destroy();
  }

  mend(): void {
    this.#isDown = false;
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #carry(client: Socket, server: Socket): void {
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#open.add(from);
      from.setNoDelay(true);
      from.on('error', () => from.destroy());
      from.on('close', () => {
        this.#open.delete(from);
        to.destroy();
      });
      // one queue: timers of their own could overtake each other
      const underWay: { data: Buffer; at: number }[] = [];
      let waitingBytes = 0;
      let isFreeAt = 0;
      const deliver = () => {
        for (let now = performance.now(); underWay.length > 0; now = performance.now()) {
          const { bytesPerSecond } = this.impairment;
          const [first] = underWay;
          if (Math.max(first!.at, isFreeAt) > now) break;
          const data = bytesPerSecond ? first!.data.subarray(0, SEGMENT_BYTES) : first!.data;
          first!.data = first!.data.subarray(data.length);
          if (first!.data.length === 0) underWay.shift();
          waitingBytes -= data.length;
          if (bytesPerSecond) isFreeAt = Math.max(isFreeAt, now - LATE_MS) + (1000 * data.length) / bytesPerSecond;
          if (to.writable) to.write(data);
        }
        if (from.isPaused() && waitingBytes <= this.#bufferBytes / 2) from.resume();
        if (underWay.length > 0)
          setTimeout(deliver, Math.max(0, Math.max(underWay[0]!.at, isFreeAt) - performance.now()));
      };
      from.on('data', (data) => {
        const at = Math.max(underWay.at(-1)?.at ?? 0, performance.now() + this.#takesMs());
        underWay.push({ data, at });
        waitingBytes += data.length;
        if (waitingBytes > this.#bufferBytes) from.pause();
        if (underWay.length === 1) setTimeout(deliver, Math.max(0, Math.max(at, isFreeAt) - performance.now()));
      });
    }
  }

  /** Without a limit of the rate nothing waits for it. */
  get #bufferBytes(): number {
    const { bytesPerSecond, bufferBytes = 16 * 1024 } = this.impairment;
    return bytesPerSecond ? bufferBytes : Number.POSITIVE_INFINITY;
  }

  #takesMs(): number {
    const { delayMs = 20, jitterMs = 0, loss = 0, repairMs = 120 } = this.impairment;
    const isLost = this.#random() < loss;
    if (isLost) this.lost++;
    return delayMs + this.#random() * jitterMs + (isLost ? repairMs : 0);
  }
}
