import {
  AudioCloudError,
  type Delivered,
  type DeliveredOfTask,
  type EngineFacts,
  type FixedChanges,
  type FixedInstance,
  type FixedInstanceSet,
  type FixedInstanceState,
  type Waiting,
} from '@audiocloud/api';
import { earliestMs } from '../actors/lease.ts';
import { isoTime } from '../actors/waiting.ts';
import type { Clock } from '../clock/clock.ts';
import type { Engines } from '../engine/engines.ts';
import type { RegisteredEngine } from '../engine/registered-engine.ts';
import type { Principal } from '../permissions/principal.ts';
import type { Store } from '../store/store.ts';
import { addressOfEngineTask } from '../tasks/task-address.ts';
import { assignUnits, type UnitNeed } from './assign-units.ts';
import { FixedUnit } from './fixed-unit.ts';
import type { UnitRights, UnitUser } from './unit-rights.ts';
import { keepLeases, renewLease } from './unit-leases.ts';
import { isCued, isReady, type UnitValue, type Values } from './unit-step.ts';
import { askedValues, changedValues } from './unit-values.ts';
import { unitWaiting } from './unit-waiting.ts';

/** What an administrator set of a unit; gone once a task has it, whose values are its own. */
interface UnitRecord {
  parameters: Values;
  setBy: string;
}

/** How long an administrator waits for values that are on their way. */
const DELIVERED_MS = 10_000;
/** A hand on a knob does not wait so long: what is on its way then is waiting. */
const LIVE_DELIVERED_MS = 250;

const PREFIX = 'instance/';
export const unitKey = (unit: string) => PREFIX + unit;

export interface FixedInstancesContext {
  store: Store;
  clock: Clock;
  rights: UnitRights;
}

/** What a task wants of the hardware while it is to play. */
export interface UnitClaim {
  task: string;
  who: UnitUser;
  needs: UnitNeed[];
  /** What it had when the domain ended, by instance: it has it again, also before an engine tells of it. */
  has?: Readonly<Record<string, string>>;
  /** By instance of the task. */
  parameters: Readonly<Record<string, Values>>;
  /** When it will have ended, as far as that can be told. */
  expectedMs?: number;
  /** How long it is to play, where that is known. */
  playSeconds?: number | undefined;
}

/** What it has of it. */
export interface UnitGrant {
  /** By instance; empty until it has all that it needs. */
  units: Readonly<Record<string, string>>;
  /** Why it may not play yet; empty when it may. */
  waits: readonly Waiting[];
}

interface Claimed extends UnitClaim {
  grant: UnitGrant;
  granted(grant: UnitGrant): void;
}

/**
 * The fixed instances of all engines, and which task has which. [control]
 *
 * A task gets all units that it needs or none, in the order in which tasks asked; one that waits for a unit keeps nobody from
 * another. It keeps them until it gives them back, or the calendar takes them.
 */
export class FixedInstances {
  readonly #context: FixedInstancesContext;
  readonly #units = new Map<string, FixedUnit>();
  readonly #claims = new Map<string, Claimed>();
  readonly #ends: (() => void)[] = [];
  #isAssigning = false;
  #isStale = false;
  #isDue = false;

  /** Takes up what administrators set. */
  static async open(context: FixedInstancesContext): Promise<FixedInstances> {
    const instances = new FixedInstances(context);
    for (const { key, value } of await context.store.list<UnitRecord>(PREFIX))
      instances.#add(key.slice(PREFIX.length), value);
    return instances;
  }

  private constructor(context: FixedInstancesContext) {
    this.#context = context;
    this.#ends.push(context.rights.listen(() => this.#assign()));
  }

  /** Takes the units of all engines, now and as they change. */
  attach(engines: Engines): void {
    const up = (engine: RegisteredEngine, { fixed }: Pick<EngineFacts, 'fixed'>) => {
      const there = new Set(fixed.map(({ id }) => id));
      renewLease(engine); // before it is asked for anything: what it was told before may be over
      for (const unit of this.#of(engine)) if (!there.has(unit.id)) unit.send({ type: 'away' });
      for (const id of there) if (!this.#units.has(id)) this.#add(id);
      this.#noteMaintenance(); // the engine tells which unit switches the power of which
      for (const state of fixed) this.#tell(engine, state);
    };
    const away = (engine: RegisteredEngine) => {
      for (const unit of this.#of(engine)) unit.send({ type: 'away' });
    };
    this.#ends.push(
      keepLeases(engines, this.#context.clock),
      engines.listen({
        up,
        down: away,
        event: (engine, event) => {
          if (event.type === 'fixed') this.#tell(engine, event.state);
        },
        changed: () => {
          for (const engine of new Set([...this.#units.values()].flatMap((unit) => unit.engine ?? [])))
            if (engines.find(engine.id) !== engine) away(engine);
        },
      }),
    );
    for (const one of engines.list) if (one.engine.isUp) up(one, { fixed: one.engine.fixed });
  }

  /** As an application sees them: of the tasks of others it does not know. */
  list(application: string): FixedInstance[] {
    return [...this.#units.values()].flatMap((unit) => unit.document(application) ?? []);
  }

  /**
   * Sets values for an administrator: durable when it settles, sent when the unit is there; says what became of each.
   * Throws FIXED_INSTANCE_UNKNOWN, PARAMETER_OWNED, PARAMETER_UNKNOWN, PARAMETER_VALUE; what the unit refuses is told, and tried again.
   */
  async set(
    id: string,
    changes: FixedChanges['changes'],
    { id: setBy, application }: Principal,
  ): Promise<FixedInstanceSet> {
    const unit = this.#known(id);
    const model = unit.description;
    if (!model)
      throw new AudioCloudError(
        'FIXED_INSTANCE_UNAVAILABLE',
        `Cannot set ${id}: the engine that has it has not told its model`,
        { instance: id },
      );
    const { desired, actual, hold, facts } = unit.actor;
    const owned = changes.find(({ parameter, index }) =>
      [...facts.owned].some(
        (one) => one === `${parameter} ${index}` || (index === undefined && one.startsWith(`${parameter} `)),
      ),
    );
    if (owned)
      throw new AudioCloudError(
        'PARAMETER_OWNED',
        `Cannot set ${id}.${owned.parameter}: it is moved as what depends on it is needed, and by nobody else`,
        { instance: id, parameter: owned.parameter },
      );
    const before = (parameter: string) => desired.parameters[parameter] ?? actual?.parameters[parameter];
    const parameters = changedValues(model, id, changes, before);
    // The values of a task are kept with the task.
    const record: UnitRecord = { parameters: { ...(hold ? {} : desired.parameters), ...parameters }, setBy };
    await this.#context.store.put(unitKey(id), record);
    unit.send({ type: 'set', parameters, by: setBy });
    const delivered = await unit.delivered(askedValues(changes, parameters), DELIVERED_MS);
    return { ...unit.document(application)!, delivered };
  }

  /** What became of values that a task set of one of its instances. Those of hardware that it does not have are waiting. */
  async deliveredOf(task: string, instance: string, values: readonly UnitValue[]): Promise<DeliveredOfTask[]> {
    const id = this.#claims.get(task)?.grant.units[instance];
    const delivered: Delivered[] = id
      ? await this.#units.get(id)!.delivered(values, LIVE_DELIVERED_MS)
      : values.map(({ parameter, index }) => ({ parameter, index, outcome: 'waiting' }));
    return delivered.map((one) => ({ instance, ...one }));
  }

  /** The task has other values: those of the units that it has are sent. */
  setOf(task: string, parameters: Readonly<Record<string, Values>>): void {
    const claim = this.#claims.get(task);
    if (!claim) return;
    const next = { ...claim, parameters };
    this.#claims.set(task, next);
    this.#hold(next, next.grant.units);
  }

  /** A task is to play: it gets what it needs as soon as that can be had. `granted` is called with every change, now for the first time. */
  claim(claim: UnitClaim, granted: (grant: UnitGrant) => void): void {
    const before = this.#claims.get(claim.task);
    const grant = before?.grant ?? { units: this.#again(claim), waits: [] };
    this.#claims.set(claim.task, { ...claim, grant, granted });
    this.#hold(this.#claims.get(claim.task)!, grant.units);
    this.#assign();
    granted(this.#claims.get(claim.task)!.grant);
  }

  /** The task has stored that it has these units, and does not play with others: those that it had before are free. */
  kept(task: string, units: UnitGrant['units']): void {
    const ids = new Set([...Object.values(units), ...Object.values(this.#claims.get(task)?.grant.units ?? {})]);
    this.#giveBack(task, ({ id }) => !ids.has(id));
    this.#assign();
  }

  /** The task wants nothing of it any more. */
  release(task: string): void {
    const claim = this.#claims.get(task);
    if (!claim) return;
    this.#claims.delete(task);
    this.#giveBack(task, () => true);
    this.#context.rights.hold([], claim.who);
    this.#assign();
  }

  close(): void {
    for (const end of this.#ends.splice(0)) end();
    for (const unit of this.#units.values()) unit.end();
  }

  /** A unit has changed, and is still at it: what it is told now it would hear too late. */
  #assignSoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      this.#assign();
    });
  }

  /** Gives units to who waits. What changes meanwhile is looked at before it ends. */
  #assign(): void {
    this.#noteMaintenance();
    this.#isStale = true;
    if (this.#isAssigning) return;
    this.#isAssigning = true;
    const told = new Map<Claimed, UnitGrant>();
    while (this.#isStale) {
      this.#isStale = false;
      for (const claim of this.#claims.values()) this.#serve(claim, told);
    }
    this.#isAssigning = false;
    for (const [claim, grant] of told) if (this.#claims.get(claim.task) === claim) claim.granted(grant);
  }

  /** Units on which, or on whose power, somebody works from now on, or no longer. */
  #noteMaintenance(): void {
    const nowMs = this.#context.clock.now();
    for (const unit of this.#units.values()) {
      const of = this.#context.rights.maintainedBy(unit.id, nowMs);
      if (unit.actor.maintainedBy !== of) unit.send({ type: 'maintenance', of });
    }
  }

  /** What a task had before, if nobody has any of it now. */
  #again({ needs, has = {} }: UnitClaim): UnitGrant['units'] {
    const units = needs.map(({ instance, fixed }) => (fixed === 'any' ? has[instance] : fixed));
    const isWhole = units.every((id) => id !== undefined && !this.#units.get(id)?.actor.hold);
    if (Object.keys(has).length === 0 || !isWhole || new Set(units).size < units.length) return {};
    for (const id of units) if (!this.#units.has(id!)) this.#add(id!);
    return Object.fromEntries(needs.map(({ instance }, i) => [instance, units[i]!]));
  }

  #serve(claim: Claimed, told: Map<Claimed, UnitGrant>): void {
    const { task, who, needs, grant } = claim;
    const nowMs = this.#context.clock.now();
    const whyNot = (unit: string) => this.#context.rights.whyNot(unit, who, nowMs);
    const views = [...this.#units.values()].map(({ view }) => view);
    const { units, missing } = assignUnits(
      task,
      needs,
      grant.units,
      views,
      (unit) => whyNot(unit) === undefined,
      (unit) => this.#context.rights.isReserved(unit, who, nowMs),
    );
    if (JSON.stringify(units) !== JSON.stringify(grant.units)) this.#hold(claim, units);
    this.#runTapes(Object.values(units));
    const waits = [
      ...missing.map((need) => this.#whyMissing(claim, need, whyNot)),
      ...Object.values(units).flatMap((id) => {
        const unit = this.#units.get(id)!;
        return isReady(unit.actor) ? [] : unitWaiting(id, unit.actor);
      }),
    ];
    const next = { units, waits };
    if (JSON.stringify(next) === JSON.stringify(claim.grant)) return;
    claim.grant = next;
    told.set(claim, next);
  }

  /** The tapes of a task run once all that it needs is as far, and no longer than that is so. */
  #runTapes(ids: readonly string[]): void {
    const units = ids.map((id) => this.#units.get(id)!);
    const isOn = units.length > 0 && units.every(({ actor }) => isCued(actor));
    for (const unit of units) {
      const { facts, tape } = unit.actor;
      if (facts.tape && (tape.phase === 'running') !== isOn) unit.send({ type: 'run', isOn });
    }
  }

  /** Has the units of a claim held for it. What it had before it keeps until `kept`: nobody else plays with that before it stopped. */
  #hold(claim: Claimed, units: Readonly<Record<string, string>>): void {
    const { task, who, expectedMs, parameters, playSeconds } = claim;
    for (const [instance, id] of Object.entries(units))
      this.#units.get(id)!.send({
        type: 'hold',
        hold: { holder: task, instance, playSeconds, ...(expectedMs === undefined ? {} : { expectedMs }) },
        parameters: parameters[instance] ?? {},
      });
    this.#context.rights.hold(Object.values(units), who);
  }

  #giveBack(task: string, isOver: (unit: FixedUnit) => boolean): void {
    for (const unit of this.#units.values())
      if (unit.actor.hold?.holder === task && isOver(unit)) unit.send({ type: 'release' });
  }

  #whyMissing({ task, who }: Claimed, need: UnitNeed, whyNot: (unit: string) => string | undefined): Waiting {
    const { model, fixed } = need;
    const isAny = fixed === 'any';
    const units = [...this.#units.values()].filter((unit) => (isAny ? unit.model === model : unit.id === fixed));
    const id = isAny ? model : fixed;
    if (units.length === 0) return { what: 'instance', id, why: 'No engine reaches such a unit', retries: 0 };
    const reasons = units.map(({ id, actor: { hold } }) => {
      const refused = whyNot(id);
      const isOthers = hold !== undefined && hold.holder !== task;
      const untilMs = isOthers ? (hold.untilMs ?? hold.expectedMs) : undefined;
      if (isOthers) return { why: `${holderText(hold.holder, who.application)} has it`, isRefused: false, untilMs };
      return { why: refused ?? 'it is not in order', isRefused: refused !== undefined, untilMs };
    });
    const untilMs = earliestMs(...reasons.map((reason) => reason.untilMs));
    const texts = reasons.map(({ why }, i) => (isAny ? `${units[i]!.id}: ${why}` : why));
    return {
      what: reasons.every(({ isRefused }) => isRefused) ? 'reservation' : 'instance',
      id,
      why: isAny ? `No unit is free: ${texts.join('; ')}` : `It cannot be had: ${texts[0]}`,
      ...(untilMs === undefined ? {} : { until: isoTime(untilMs) }),
      retries: 0,
    };
  }

  #of(engine: RegisteredEngine): FixedUnit[] {
    return [...this.#units.values()].filter((unit) => unit.engine === engine);
  }

  #tell(engine: RegisteredEngine, state: FixedInstanceState): void {
    (this.#units.get(state.id) ?? this.#add(state.id)).tell(engine, state);
  }

  #add(id: string, record?: UnitRecord): FixedUnit {
    const { clock } = this.#context;
    const unit = new FixedUnit({ clock, id, ...record, changed: () => this.#assignSoon() });
    this.#units.set(id, unit);
    return unit;
  }

  #known(id: string): FixedUnit {
    const unit = this.#units.get(id);
    if (unit?.isTold) return unit;
    const there = [...this.#units.values()].filter(({ isTold }) => isTold).map((one) => one.id);
    throw new AudioCloudError(
      'FIXED_INSTANCE_UNKNOWN',
      `Cannot find the fixed instance ${id}: there are ${there.join(', ') || 'none'}`,
      { instance: id },
    );
  }
}

/** Who has a unit, as an application may know it. */
function holderText(holder: string, application: string): string {
  const address = addressOfEngineTask(holder);
  return address?.application === application ? `task ${address.id}` : 'somebody else';
}
