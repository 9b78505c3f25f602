import type { VirtualClock } from '../../clock/virtual-clock.ts';

/** One direction of a connection: what is sent arrives in order, later, or not at all when it is cut before. [control] */
export class Channel<Message> {
  readonly #clock: VirtualClock;
  readonly #delayMs: () => number;
  readonly #deliver: (message: Message) => void;
  #lastMs = 0;
  #isCut = false;
  #underWay = 0;

  constructor(clock: VirtualClock, delayMs: () => number, deliver: (message: Message) => void) {
    this.#clock = clock;
    this.#delayMs = delayMs;
    this.#deliver = deliver;
  }

  /** Sent, and not arrived yet. */
  get underWay(): number {
    return this.#underWay;
  }

  send(message: Message): void {
    if (this.#isCut) return;
    const { elapsedMs } = this.#clock;
    this.#lastMs = Math.max(this.#lastMs, elapsedMs + this.#delayMs());
    this.#underWay++;
    this.#clock.after(this.#lastMs - elapsedMs, () => {
      this.#underWay--;
      if (!this.#isCut) this.#deliver(message);
    });
  }

  /** Nothing arrives for so long. */
  stall(ms: number): void {
    this.#lastMs = Math.max(this.#lastMs, this.#clock.elapsedMs + ms);
  }

  /** What is under way is lost. */
  cut(): void {
    this.#isCut = true;
  }
}
