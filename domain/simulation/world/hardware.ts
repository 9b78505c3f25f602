import {
  AudioCloudError,
  type FixedInstanceState,
  type Model,
  type PowerPhase,
  type Value,
  valueCount,
} from '@audiocloud/api';
import type { VirtualClock } from '../../clock/virtual-clock.ts';
import type { Random } from './random.ts';
import { TAPE, TapeUnit } from './tape-unit.ts';

/** How long a unit is warmed up, and cools down before it may get power again. */
export const WARM_UP_MS = 800;
const COOL_DOWN_MS = 300;
/** Of a lease that ended: until its safe values are sent, and confirmed. */
export const SAFE_MS = 1_000;

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
  /** Its outlet, in truth: since when it has power without a gap. */
  onSinceMs: number | undefined;
  phaseSinceMs: number;
  /** Counts what overtakes a command that is on its way. */
  era: number;
}

/** So many are powered by a distributor at most: two units and a tape. */
const MOST_POWERED = 3;

/** A power distributor: of its outlets one for each unit and for the tape, and the last one powers nothing. */
export const OUTLETS: Model = {
  id: 'test:outlets',
  version: '1.0.0',
  name: 'Outlets',
  category: 'power',
  inputs: [],
  outputs: [],
  parameters: [
    {
      ...{ id: 'power', name: 'Power', unit: 'toggle', range: { kind: 'toggle' }, default: false },
      scope: { kind: 'count', count: MOST_POWERED + 1 },
    },
  ],
  reports: [],
};

const newUnit = (state: FixedInstanceState): Unit => ({
  state,
  isBroken: false,
  brokenMs: Number.NEGATIVE_INFINITY,
  switchedMs: 0,
  onSinceMs: undefined,
  phaseSinceMs: 0,
  era: 0,
});

/** The units of hardware at one engine: they outlive its process, with their power and their values. [control] */
export class Hardware {
  /** Told of every change, while a process listens; what it is told changes afterwards. */
  tell: (state: FixedInstanceState) => void = () => undefined;
  /** Of its preamps. */
  readonly ids: readonly string[];
  /** Of those that have power through the distributor: preamps, and the tape. */
  readonly powered: readonly string[];
  readonly distributor: string | undefined;
  tape: string | undefined;
  #tape: TapeUnit | undefined;
  readonly #units = new Map<string, Unit>();
  readonly #clock: VirtualClock;
  readonly #random: Random;
  #endLease: () => void = () => undefined;
  #isLeaseOver = false;

  /** Who set an outlet that powers a unit, as if it were free: a fault of whoever asks. */
  misused: string | undefined;
  /** A tape that was to lose its power and had not been told to stop: a fault of whoever asks. */
  torn: string | undefined;
  /** A tape begins to run. */
  onRun: (tape: string) => void = () => undefined;
  /** When the lease was renewed last, and when safe values were sent last. */
  renewedMs = Number.NEGATIVE_INFINITY;
  safeMs = Number.NEGATIVE_INFINITY;

  /** distributor, tape: their ids; they are there where there are units. */
  constructor(clock: VirtualClock, random: Random, ids: readonly string[], distributor: string, tape: string) {
    this.#clock = clock;
    this.#random = random;
    this.ids = ids;
    this.distributor = ids.length > 0 ? distributor : undefined;
    const off = { adapter: 'simulated', state: 'disconnected', power: false, phase: 'off' } as const;
    for (const id of ids)
      this.#units.set(id, newUnit({ ...off, id, model: PREAMP.id, parameters: { gainDb: [0] }, reports: {} }));
    this.powered = this.distributor === undefined ? [] : [...ids, tape];
    if (this.distributor === undefined) return;
    this.#tape = new TapeUnit(clock, random, {
      told: () => this.#change(this.#units.get(tape)!, { reports: this.#tape!.reports }),
      runs: () => this.onRun(tape),
    });
    this.tape = tape;
    const { reports } = this.#tape;
    this.#units.set(tape, newUnit({ ...off, id: tape, model: TAPE.id, parameters: { transport: ['stop'] }, reports }));
    const powers = Object.fromEntries(this.powered.map((id, index) => [id, { parameter: 'power', index }]));
    const power = Array(valueCount(OUTLETS.parameters[0]!.scope, OUTLETS, {})).fill(false);
    this.#units.set(
      distributor,
      newUnit({
        ...{ id: distributor, model: OUTLETS.id, adapter: 'simulated', state: 'ready', powers },
        ...{ parameters: { power }, reports: {} },
      }),
    );
  }

  get states(): FixedInstanceState[] {
    return [...this.#units.values()].map(({ state }) => structuredClone(state));
  }

  get #powered(): Unit[] {
    return this.powered.map((id) => this.#units.get(id)!);
  }

  /** What a unit is in truth, whatever anybody was told. */
  look(id: string): Readonly<Unit> | undefined {
    return this.#units.get(id);
  }

  /** What is set holds for so long; then all goes off by itself, whoever is there. */
  lease(ms: number): void {
    this.#endLease();
    this.renewedMs = this.#clock.elapsedMs;
    if (this.#isLeaseOver) this.#tellLease(false);
    this.#endLease = this.#clock.after(ms, () => this.makeSafe());
  }

  /** The process that sends is alone, and sends what is safe: no power. */
  makeSafe(): void {
    this.#endLease();
    this.safeMs = this.#clock.elapsedMs;
    if (this.tape !== undefined) {
      this.#units.get(this.tape)!.state.parameters = { transport: ['stop'] };
      this.#tape!.set('stop');
    }
    this.#tellLease(true);
    for (const unit of this.#powered) {
      // What was asked before and has not come about does not any more.
      unit.era++;
      unit.switchedMs = 0;
      this.#switch(unit, false, this.#random.delay(20, SAFE_MS / 2));
    }
  }

  #tellLease(isOver: boolean): void {
    this.#isLeaseOver = isOver;
    for (const unit of this.#units.values()) {
      if (isOver) unit.state.isLeaseOver = true;
      else delete unit.state.isLeaseOver;
      this.#change(unit, {});
    }
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

  /** Answered at once; its state tells when it is confirmed. Throws FIXED_INSTANCE_UNKNOWN, FIXED_INSTANCE_UNAVAILABLE. */
  power(id: string, isOn: boolean): void {
    const unit = this.#known(id);
    const refuse = (why: string): never => {
      throw new AudioCloudError('FIXED_INSTANCE_UNAVAILABLE', `Cannot switch ${id}: ${why}`, { instance: id });
    };
    if (this.#isLeaseOver) refuse('its lease is over');
    if (isOn && unit.state.phase === 'cooling-down') refuse('it cools down');
    const isStopped = id !== this.tape || unit.state.parameters['transport']?.[0] === 'stop';
    if (!isOn && unit.state.power && !isStopped) this.torn = `${id} is to lose its power while it moves`;
    this.#switch(unit, isOn, this.#random.delay(20, 2_000));
  }

  #switch(unit: Unit, isOn: boolean, inMs: number): void {
    // One after another, as the bytes come.
    const { elapsedMs } = this.#clock;
    unit.switchedMs = Math.max(unit.switchedMs, elapsedMs + inMs);
    const { era } = unit;
    this.#clock.after(unit.switchedMs - elapsedMs, () => {
      if (era !== unit.era) return;
      const { power } = unit.state;
      if (isOn && !power) {
        unit.onSinceMs = this.#clock.elapsedMs;
        this.#pass(unit, { power: true }, 'warming-up', WARM_UP_MS, 'on');
      } else if (!isOn && power) {
        unit.onSinceMs = undefined;
        if (unit.state.id === this.tape) this.#loseTape(unit);
        this.#pass(unit, { power: false, state: 'disconnected' }, 'cooling-down', COOL_DOWN_MS, 'off');
      }
      this.#tellOutlets();
      this.#connect(unit);
    });
  }

  /** A tape without power stands, wherever it is. */
  #loseTape(unit: Unit): void {
    this.#tape!.lose();
    Object.assign(unit.state, { parameters: { transport: ['stop'] }, reports: this.#tape!.reports });
  }

  /** To a phase that lasts so long, and then to the next, unless its power changes before. */
  #pass(unit: Unit, change: Partial<FixedInstanceState>, phase: PowerPhase, ms: number, next: PowerPhase): void {
    this.#change(unit, { ...change, phase, phaseEndsInMs: ms });
    const sinceMs = this.#clock.elapsedMs;
    unit.phaseSinceMs = sinceMs;
    this.#clock.after(ms, () => {
      if (unit.phaseSinceMs !== sinceMs) return;
      delete unit.state.phaseEndsInMs;
      this.#change(unit, { phase: next });
    });
  }

  /** Throws FIXED_INSTANCE_UNKNOWN, FIXED_INSTANCE_UNAVAILABLE, PARAMETER_UNKNOWN. */
  set(id: string, parameter: string, index: number | undefined, value: Value): void {
    const unit = this.#known(id);
    if (unit.state.state !== 'ready' || this.#isLeaseOver)
      throw new AudioCloudError('FIXED_INSTANCE_UNAVAILABLE', `Cannot set ${id}: it is ${unit.state.state}`);
    const before = unit.state.parameters[parameter];
    if (!before) throw new AudioCloudError('PARAMETER_UNKNOWN', `Cannot set ${id}.${parameter}: there is none`);
    if (Object.values(unit.state.powers ?? {}).some((outlet) => index === undefined || outlet.index === index))
      this.misused = `${id}.${parameter}[${index}] was set`;
    const values = before.map((one, i) => (index === undefined || index === i ? value : one));
    this.#change(unit, { parameters: { ...unit.state.parameters, [parameter]: values } });
    if (id === this.tape) this.#tape!.set(value);
  }

  #tellOutlets(): void {
    const distributor = this.#units.get(this.distributor!)!;
    const free = distributor.state.parameters['power']?.[MOST_POWERED] ?? false;
    const power = Array.from({ length: MOST_POWERED }, (_, i) => this.#powered[i]?.state.power === true);
    this.#change(distributor, { parameters: { power: [...power, free] } });
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
    this.tell(unit.state);
  }

  #known(id: string): Unit {
    const unit = this.#units.get(id);
    if (unit) return unit;
    throw new AudioCloudError('FIXED_INSTANCE_UNKNOWN', `Cannot find the fixed instance ${id}`, { instance: id });
  }
}
