import {
  asAudioCloudError,
  type Delivered,
  type ErrorBody,
  type FixedInstance,
  type FixedInstanceState,
  type Model,
  type Outcome,
  parseId,
  type Value,
} from '@audiocloud/api';
import type { UnitView } from './assign-units.ts';
import { ActorRuntime } from '../actors/actor-runtime.ts';
import { isoTime } from '../actors/waiting.ts';
import type { Clock } from '../clock/clock.ts';
import type { RegisteredEngine } from '../engine/registered-engine.ts';
import { addressOfEngineTask } from '../tasks/task-address.ts';
import {
  isFailed,
  isOnItsWay,
  isReady,
  isThere,
  newUnitActor,
  type UnitActor,
  type UnitEffect,
  type UnitEvent,
  type UnitValue,
  unitActor,
  type Values,
  wantsPower,
} from './unit-step.ts';
import { unitFacts } from './unit-facts.ts';
import { lifeState } from './unit-life.ts';
import { tapeReport } from './unit-tape.ts';
import { unitWaiting } from './unit-waiting.ts';

export interface FixedUnitOptions {
  clock: Clock;
  id: string;
  /** What is wanted of it from before: what an administrator set. */
  parameters?: Values;
  setBy?: string;
  /** Called when it is another for who has it or waits for it. */
  changed(): void;
}

/** What became of a value when it was sent last. */
interface UnitOutcome {
  value: Value;
  outcome: Outcome;
  error?: ErrorBody;
}

/** One unit of hardware: its actor, and the engine that reaches it. [control] */
export class FixedUnit {
  readonly id: string;
  readonly model: string;
  readonly #runtime: ActorRuntime<UnitActor, UnitEvent, UnitEffect>;
  readonly #clock: Clock;
  readonly #outcomes = new Map<string, UnitOutcome>();
  #engine: RegisteredEngine | undefined;
  #told: FixedInstanceState | undefined;
  #seen: string;

  constructor({ clock, id, parameters, setBy, changed }: FixedUnitOptions) {
    this.id = id;
    this.#clock = clock;
    const { maker, name } = parseId(id);
    this.model = `${maker}:${name}`;
    this.#runtime = new ActorRuntime({
      actor: unitActor,
      state: newUnitActor(parameters, setBy),
      clock,
      run: (effect) => this.#run(effect),
      failed: (_, error) => ({ type: 'failed', error: error.toJSON() }),
      changed: () => this.#look(changed),
    });
    this.#seen = this.#text();
  }

  get actor(): Readonly<UnitActor> {
    return this.#runtime.state;
  }

  /** The engine that reaches it, or did last. */
  get engine(): RegisteredEngine | undefined {
    return this.#engine;
  }

  get description(): Model | undefined {
    return this.#engine?.models.find(({ id }) => id === this.model);
  }

  get view(): UnitView {
    const { actor, id, model } = this;
    return { id, model, holder: actor.hold?.holder, isReady: isReady(actor), isFailed: isFailed(actor) };
  }

  get isTold(): boolean {
    return this.#told !== undefined;
  }

  /** As an application sees it; undefined before an engine told of it. */
  document(application: string): FixedInstance | undefined {
    const { desired, hold } = this.actor;
    if (!this.#told || !this.#engine) return undefined;
    const untilMs = hold?.untilMs ?? hold?.expectedMs;
    const { powerUntilMs, parameters, setBy } = desired;
    const who = setBy === undefined ? undefined : ownName(setBy, application);
    const task = hold && ownName(hold.holder, application);
    return {
      ...this.#told,
      engine: this.#engine.id,
      state: lifeState(this.actor),
      desired: {
        power: wantsPower(this.actor),
        ...(powerUntilMs === null ? {} : { powerUntil: isoTime(powerUntilMs) }),
        parameters: Object.fromEntries(Object.entries(parameters).map(([id, values]) => [id, [...values]])),
        ...(who === undefined ? {} : { setBy: who }),
        ...(hold
          ? {
              heldBy: {
                ...(task === undefined ? {} : { task, instance: hold.instance }),
                ...(untilMs === undefined ? {} : { until: isoTime(untilMs) }),
              },
            }
          : {}),
      },
      waitingFor: unitWaiting(this.id, this.actor),
    };
  }

  send(event: UnitEvent): void {
    this.#runtime.send(event);
  }

  /** What its engine says of it now. */
  tell(engine: RegisteredEngine, told: FixedInstanceState): void {
    this.#engine = engine;
    this.#told = told;
    const { state, power, phase, phaseEndsInMs, parameters, error, isLeaseOver } = told;
    const facts = unitFacts(told, this.description);
    this.send({
      type: 'told',
      actual: {
        state,
        parameters,
        ...(power === undefined ? {} : { power }),
        ...(phase ? { phase } : {}),
        ...(phaseEndsInMs === undefined ? {} : { phaseEndsMs: this.#clock.now() + phaseEndsInMs }),
        ...(error ? { error } : {}),
        ...(isLeaseOver ? { isLeaseOver } : {}),
        ...(facts.tape ? { tape: tapeReport(facts.tape, told.reports) } : {}),
      },
      facts,
    });
  }

  /** What became of these values, at the latest after so long: what is still on its way then is waiting. */
  async delivered(values: readonly UnitValue[], withinMs: number): Promise<Delivered[]> {
    let isOver = false;
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const cancel = this.#clock.after(withinMs, () => {
      isOver = true;
      resolve();
    });
    const isOpen = () => !isOver && !this.#runtime.isEnded && values.some((value) => this.#isOpen(value));
    while (isOpen()) await Promise.race([this.#runtime.next(), over]);
    cancel();
    return values.map((value) => this.#deliveredOf(value));
  }

  end(): void {
    void this.#runtime.end();
  }

  /** Reports come many times a second and change nothing for who waits. */
  #look(changed: () => void): void {
    const text = this.#text();
    if (text === this.#seen) return;
    this.#seen = text;
    changed();
  }

  #text(): string {
    return JSON.stringify([this.view, this.actor.hold, unitWaiting(this.id, this.actor)]);
  }

  /** Whether the outcome of a value is still to come. */
  #isOpen(value: UnitValue): boolean {
    if (isOnItsWay(this.actor, value)) return true;
    const { actual, error } = this.actor;
    return isThere(actual) && !error && this.#isWanted(value) && !this.#has(value);
  }

  #isWanted({ parameter, index, value }: UnitValue): boolean {
    return this.actor.desired.parameters[parameter]?.[index] === value;
  }

  #has({ parameter, index, value }: UnitValue): boolean {
    return this.actor.confirmed[parameter]?.[index] === value;
  }

  #deliveredOf(one: UnitValue): Delivered {
    const { parameter, index, value } = one;
    const place = { parameter, index };
    const told = this.#outcomes.get(`${parameter} ${index}`);
    const last = told?.value === value ? told : undefined;
    if (!this.#isWanted(one)) return { ...place, outcome: 'replaced' };
    if (isOnItsWay(this.actor, one)) return { ...place, outcome: 'waiting' };
    if (this.#has(one)) return { ...place, outcome: last?.outcome ?? 'sent' };
    if (last?.error) return { ...place, outcome: 'failed', error: last.error };
    const { error } = this.actor.actual ?? {};
    return { ...place, outcome: 'waiting', ...(error ? { error } : {}) };
  }

  async #run(effect: UnitEffect): Promise<UnitEvent> {
    const { engine } = this.#engine!;
    const { id: instance } = this;
    if (effect.kind === 'power') {
      await engine.command('power-fixed', { instance, on: effect.on });
      return { type: 'done', effect };
    }
    // In their order, and none waits for another: a ramp takes its time.
    const { serial, values } = effect;
    const outcomes = await Promise.all(values.map((value) => this.#set(engine, value)));
    const taken = values.filter((_, i) => outcomes[i]!.outcome !== 'replaced' && !outcomes[i]!.error);
    const error = outcomes.find((one) => one.error)?.error;
    return { type: 'delivered', serial, taken, ...(error ? { error } : {}) };
  }

  async #set(engine: RegisteredEngine['engine'], value: UnitValue): Promise<UnitOutcome> {
    const outcome = await engine.command('set-fixed', { instance: this.id, ...value }).then(
      ({ outcomes: [outcome] }): UnitOutcome => ({ value: value.value, outcome: outcome! }),
      (error): UnitOutcome => ({ value: value.value, outcome: 'failed', error: asAudioCloudError(error).toJSON() }),
    );
    this.#outcomes.set(`${value.parameter} ${value.index}`, outcome);
    return outcome;
  }
}

/** The task, or the administrator, by the name that an application knows; undefined for tasks of others. */
function ownName(name: string, application: string): string | undefined {
  const address = addressOfEngineTask(name);
  if (!address) return name;
  return address.application === application ? address.id : undefined;
}
