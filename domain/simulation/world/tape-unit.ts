import type { FixedInstanceState, Model, Value } from '@audiocloud/api';
import type { VirtualClock } from '../../clock/virtual-clock.ts';
import type { Random } from './random.ts';

/** As long as a tape is, in s; forward it takes as long, back a part of that. */
const LENGTH_SECONDS = 12;
const BACK = 20;
const TICK_MS = 250;

/** A tape machine. */
export const TAPE: Model = {
  id: 'test:tape',
  version: '1.0.0',
  name: 'Tape',
  category: 'recorder',
  inputs: [],
  outputs: [],
  parameters: [
    {
      ...{ id: 'transport', name: 'Transport', unit: 'none', default: 'stop' },
      range: { kind: 'list', values: [{ value: 'stop' }, { value: 'record' }, { value: 'start' }] },
    },
  ],
  reports: [
    {
      ...{ id: 'playState', name: 'State', unit: 'none' },
      range: { kind: 'list', values: [{ value: 'idle' }, { value: 'playing' }, { value: 'busy' }] },
    },
    { id: 'position', name: 'Position', unit: 's', range: { kind: 'continuous', min: 0, max: LENGTH_SECONDS } },
  ],
  media: {
    lengthSeconds: LENGTH_SECONDS,
    transport: {
      ...{ parameter: 'transport', stop: 'stop', run: 'record', rewind: 'start' },
      ...{ position: 'position', state: 'playState', idle: 'idle', running: 'playing' },
    },
  },
};

/** What a tape says. */
interface TapeListener {
  /** Of every change, and while it moves. */
  told(): void;
  /** It begins to run. */
  runs(): void;
}

/** The tape of a simulated unit: it does what its transport says a little later, and tells where it is while it moves. [control] */
export class TapeUnit {
  positionSeconds: number;
  doing: 'idle' | 'playing' | 'busy' = 'idle';
  readonly #clock: VirtualClock;
  readonly #random: Random;
  readonly #listener: TapeListener;
  /** Counts what it was told to do. */
  #era = 0;

  constructor(clock: VirtualClock, random: Random, listener: TapeListener) {
    this.#clock = clock;
    this.#random = random;
    this.#listener = listener;
    this.positionSeconds = random.between(0, LENGTH_SECONDS);
  }

  get reports(): FixedInstanceState['reports'] {
    return { playState: [this.doing], position: [this.positionSeconds] };
  }

  /** Its power is gone: it stands, and hears nothing. */
  lose(): void {
    this.#era++;
    this.doing = 'idle';
  }

  set(transport: Value): void {
    const era = ++this.#era;
    this.#clock.after(this.#random.delay(20, 400), () => {
      if (era !== this.#era) return;
      this.#do(transport === 'record' ? 'playing' : transport === 'start' ? 'busy' : 'idle', era);
    });
  }

  #do(doing: TapeUnit['doing'], era: number): void {
    const begins = doing === 'playing' && this.doing !== 'playing';
    this.doing = doing;
    this.#listener.told();
    if (begins) this.#listener.runs();
    if (doing !== 'idle') this.#clock.after(TICK_MS, () => era === this.#era && this.#move(era));
  }

  #move(era: number): void {
    const seconds = (TICK_MS / 1000) * (this.doing === 'playing' ? 1 : -BACK);
    this.positionSeconds = Math.max(0, Math.min(LENGTH_SECONDS, this.positionSeconds + seconds));
    const isAtEnd = this.positionSeconds === 0 || this.positionSeconds === LENGTH_SECONDS;
    this.#do(isAtEnd ? 'idle' : this.doing, era);
  }
}
