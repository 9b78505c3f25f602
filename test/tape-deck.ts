import type { PtyCable } from './pty-cable.ts';

const TICK_MS = 50;
/** How fast time goes on the tape, forward and back: as tests have it. */
const FORWARD = 20;
const BACK = 1000;

/** What a deck was told, and when, in ms of performance.now. */
export interface DeckLine {
  line: string;
  atMs: number;
}

/** A tape machine on the far end of a serial cable, by the lines of its handbook. Its tape runs fast. */
export class TapeDeck {
  /** Without the questions. */
  readonly lines: DeckLine[] = [];
  positionSeconds: number;
  hasPower = false;
  #mode = 'STOP';
  readonly #cable: PtyCable;
  readonly #ticking: NodeJS.Timeout;

  constructor(cable: PtyCable, positionSeconds: number) {
    this.#cable = cable;
    this.positionSeconds = positionSeconds;
    this.#ticking = setInterval(() => this.#tick(), TICK_MS);
    void this.#listen();
  }

  get isRunning(): boolean {
    return this.#mode === 'RCRD';
  }

  end(): void {
    clearInterval(this.#ticking);
  }

  async #listen(): Promise<void> {
    for (let text = ''; ; ) {
      text += await this.#cable.read(1);
      if (!text.endsWith('\r\n')) continue;
      this.#take(text.slice(0, -2));
      text = '';
    }
  }

  #take(line: string): void {
    const position = this.positionSeconds.toFixed(0).padStart(4, '0');
    const answers = new Map([
      ['RGST0000', `RGST000${this.#state()}`],
      ['RGSM0000', `RGSM${position}`],
    ]);
    const answer = answers.get(line);
    if (answer !== undefined) {
      this.#cable.write(`${answer}\r\n`);
      return;
    }
    this.lines.push({ line, atMs: performance.now() });
    if (line.startsWith('SGPW')) this.hasPower = line === 'SGPW1000';
    const mode = /^SGST (\w+)$/.exec(line)?.[1];
    if (mode !== undefined && this.hasPower) this.#mode = mode;
    if (!this.hasPower) this.#mode = 'STOP';
  }

  /** Idle, playing, or busy. */
  #state(): number {
    return this.#mode === 'RCRD' ? 2 : this.#mode === '2STR' ? 1 : 0;
  }

  #tick(): void {
    const step = (TICK_MS / 1000) * (this.#mode === 'RCRD' ? FORWARD : this.#mode === '2STR' ? -BACK : 0);
    this.positionSeconds = Math.max(0, Math.min(2400, this.positionSeconds + step));
    if (this.#mode === '2STR' && this.positionSeconds === 0) this.#mode = 'STOP';
  }
}
