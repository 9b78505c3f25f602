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
  seed?: number;
}

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
      const deliver = () => {
        while (underWay.length > 0 && underWay[0]!.at <= performance.now()) {
          const { data } = underWay.shift()!;
          if (to.writable) to.write(data);
        }
        if (underWay.length > 0) setTimeout(deliver, underWay[0]!.at - performance.now());
      };
      from.on('data', (data) => {
        const at = Math.max(underWay.at(-1)?.at ?? 0, performance.now() + this.#takesMs());
        underWay.push({ data, at });
        if (underWay.length === 1) setTimeout(deliver, at - performance.now());
      });
    }
  }

  #takesMs(): number {
    const { delayMs = 20, jitterMs = 0, loss = 0, repairMs = 120 } = this.impairment;
    const isLost = this.#random() < loss;
    if (isLost) this.lost++;
    return delayMs + this.#random() * jitterMs + (isLost ? repairMs : 0);
  }
}
