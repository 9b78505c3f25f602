import { AudioCloudError, type FixedInstanceState, type Model, type Value } from '@audiocloud/api';
import type { VirtualClock } from '../../clock/virtual-clock.ts';
import type { Random } from './random.ts';

/** A preamp with one knob, whose power is switched. */
export const PREAMP: Model = {
  id: 'test:preamp',
  version: '1.0.0',
  name: 'Preamp',
  category: 'amplifier',
  inputs: [],
  outputs: [],
  parameters: [
    { id: 'gainDb', name: 'Gain', unit: 'dB', range: { kind: 'continuous', min: -20, max: 60 }, default: 0 },
  ],
  reports: [],
};

interface Unit {
  state: FixedInstanceState;
  isBroken: boolean;
  /** When it broke last. */
  brokenMs: number;
  /** When the last power command is carried out. */
  switchedMs: number;
}

/** The units of hardware at one engine: they outlive its process, with their power and their values. [control] */
export class Hardware {
  /** Told of every change, while a process listens. */
  tell: (state: FixedInstanceState) => void = () => undefined;
  readonly #units = new Map<string, Unit>();
  readonly #clock: VirtualClock;
  readonly #random: Random;

  constructor(clock: VirtualClock, random: Random, ids: readonly string[]) {
    this.#clock = clock;
    this.#random = random;
    for (const id of ids) {
      const parameters = { gainDb: [0] };
      const state = { id, model: PREAMP.id, adapter: 'simulated', state: 'disconnected' as const, power: false };
      const unit = {
        state: { ...state, parameters, reports: {} },
        isBroken: false,
        brokenMs: Number.NEGATIVE_INFINITY,
        switchedMs: 0,
      };
      this.#units.set(id, unit);
    }
  }

  get states(): FixedInstanceState[] {
    return [...this.#units.values()].map(({ state }) => structuredClone(state));
  }

  get ids(): string[] {
    return [...this.#units.keys()];
  }

  /** What a unit is in truth, whatever anybody was told. */
  look(id: string): { state: FixedInstanceState; isBroken: boolean; brokenMs: number } | undefined {
    return this.#units.get(id);
  }

  /** Somebody pulls its plug, and puts it back after a while. */
  fail(id: string, forMs: number): void {
    const unit = this.#units.get(id)!;
    unit.isBroken = true;
    unit.brokenMs = this.#clock.elapsedMs;
    this.#change(unit, { state: 'faulty' });
    this.#clock.after(forMs, () => {
      unit.isBroken = false;
      this.#change(unit, { state: 'disconnected' });
      this.#connect(unit);
    });
  }

  /** Answered at once; its state tells when it is confirmed. Throws FIXED_INSTANCE_UNKNOWN. */
  power(id: string, isOn: boolean): void {
    const unit = this.#known(id);
    // One after another, as the bytes come.
    const { elapsedMs } = this.#clock;
    unit.switchedMs = Math.max(unit.switchedMs, elapsedMs + this.#random.delay(20, 2_000));
    this.#clock.after(unit.switchedMs - elapsedMs, () => {
      this.#change(unit, { power: isOn, ...(isOn ? {} : { state: 'disconnected' }) });
      this.#connect(unit);
    });
  }

  /** Throws FIXED_INSTANCE_UNKNOWN, FIXED_INSTANCE_UNAVAILABLE, PARAMETER_UNKNOWN. */
  set(id: string, parameter: string, index: number | undefined, value: Value): void {
    const unit = this.#known(id);
    if (unit.state.state !== 'ready')
      throw new AudioCloudError('FIXED_INSTANCE_UNAVAILABLE', `Cannot set ${id}: it is ${unit.state.state}`);
    const before = unit.state.parameters[parameter];
    if (!before) throw new AudioCloudError('PARAMETER_UNKNOWN', `Cannot set ${id}.${parameter}: there is none`);
    const values = before.map((one, i) => (index === undefined || index === i ? value : one));
    this.#change(unit, { parameters: { ...unit.state.parameters, [parameter]: values } });
  }

  /** With power, it is ready a little later. */
  #connect(unit: Unit): void {
    if (unit.isBroken || unit.state.power === false || unit.state.state === 'ready') return;
    this.#change(unit, { state: 'connecting' });
    this.#clock.after(this.#random.delay(10, 500), () => {
      if (!unit.isBroken && unit.state.power && unit.state.state === 'connecting')
        this.#change(unit, { state: 'ready' });
    });
  }

  #change(unit: Unit, change: Partial<FixedInstanceState>): void {
    Object.assign(unit.state, change);
    this.tell(structuredClone(unit.state));
  }

  #known(id: string): Unit {
    const unit = this.#units.get(id);
    if (unit) return unit;
    throw new AudioCloudError('FIXED_INSTANCE_UNKNOWN', `Cannot find the fixed instance ${id}`, { instance: id });
  }
}
