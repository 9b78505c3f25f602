import {
  AudioCloudError,
  type FixedInstanceState,
  type Model,
  type PowerOutlet,
  type RackPower,
  type Report,
  type Parameter,
  type Value,
  valueCount,
} from '@audiocloud/api';
import { isPowered, phaseEndMs, type PowerTimes, powerStep, powerTimes, type UnitPower } from './unit-power.ts';

/** A unit of the rack as its power sees it. */
export interface PoweredUnit {
  model: Model;
  /** Of its parameters, as they were set. */
  values: Readonly<Record<string, readonly Value[]>>;
  /** As it tells them now. */
  reports: Readonly<Record<string, readonly (Value | undefined)[]>>;
}

interface Wiring extends PowerOutlet {
  unit: string;
  /** The distributor, or the unit itself. */
  through: string;
  report: string | undefined;
  reportIndex: number;
  times: PowerTimes;
  power: UnitPower;
  timer: NodeJS.Timeout | undefined;
}

export interface PowerContext {
  /** A unit that could be made; undefined for others. */
  find(unit: string): PoweredUnit | undefined;
  /** A phase has ended by itself. */
  ended(unit: string): void;
  /** Ms of a clock that does not jump. */
  now(): number;
}

/**
 * Which unit has its power through which value of which distributor, and where that power is. [control]
 *
 * An outlet is one unit's alone: nobody else sets it.
 */
export class RackWiring {
  readonly #context: PowerContext;
  readonly #wirings = new Map<string, Wiring>();

  constructor(context: PowerContext) {
    this.#context = context;
  }

  /** Takes a unit into its care. Throws DRIVER_INVALID for what the rack says wrongly. Units are looked up now. */
  wire(unit: string, { through = unit, parameter, index = 0, report, reportIndex = index }: RackPower): void {
    const refusal = (why: string) =>
      new AudioCloudError('DRIVER_INVALID', `Cannot switch the power of ${unit}: ${why}`, { instance: unit });
    const model = this.#context.find(unit)!.model;
    const distributor = this.#context.find(through)?.model;
    if (!distributor) throw refusal(`the rack has no ${through} in order; add or mend it`);
    checkToggle(distributor, distributor.parameters, 'parameter', parameter, index, refusal);
    if (report !== undefined) checkToggle(distributor, distributor.reports, 'report', report, reportIndex, refusal);
    else if (through !== unit) throw refusal(`nothing confirms it; name a report of ${through}`);
    const other = this.unitAt(through, parameter, index)[0];
    if (other !== undefined && other !== unit)
      throw refusal(`${through}.${parameter}[${index}] is the power of ${other}; give it an outlet of its own`);
    if (through !== unit && this.#isAbove(unit, through))
      throw refusal(`${through} has its own power through it; wire one of them elsewhere`);
    clearTimeout(this.#wirings.get(unit)?.timer); // it was in the rack before, and is made anew
    const power: UnitPower = { phase: 'off', sinceMs: this.#context.now() };
    const times = powerTimes(model);
    this.#wirings.set(unit, {
      ...{ unit, through, parameter, index, report, reportIndex },
      ...{ times, power, timer: undefined },
    });
  }

  /** The units that have their power from a value of a unit; index undefined: from any value of the parameter. */
  unitAt(through: string, parameter: string, index: number | undefined): string[] {
    return [...this.#wirings.values()]
      .filter((one) => one.through === through && one.parameter === parameter)
      .filter((one) => index === undefined || one.index === index)
      .map(({ unit }) => unit);
  }

  /** What switches the power of a unit; undefined: nothing does. */
  outletOf(unit: string): (PowerOutlet & { through: string }) | undefined {
    return this.#wirings.get(unit);
  }

  /** It has power, or its power is not switched. */
  hasPower(unit: string): boolean {
    const wiring = this.#wirings.get(unit);
    return !wiring || isPowered(wiring.power);
  }

  /** What the state of a unit says of power. */
  stateOf(unit: string): Pick<FixedInstanceState, 'power' | 'phase' | 'phaseEndsInMs' | 'powers'> {
    const wiring = this.#wirings.get(unit);
    const powered = [...this.#wirings.values()].filter(({ through }) => through === unit);
    const endMs = wiring && phaseEndMs(wiring.power, wiring.times);
    const outlets = powered.map(({ unit, parameter, index }) => [unit, { parameter, index }]);
    return {
      ...(wiring ? { power: isPowered(wiring.power), phase: wiring.power.phase } : {}),
      ...(endMs === undefined ? {} : { phaseEndsInMs: Math.max(0, Math.ceil(endMs - this.#context.now())) }),
      ...(outlets.length > 0 ? { powers: Object.fromEntries(outlets) } : {}),
    };
  }

  /** A unit has changed: looks at its power, and at that of all that have theirs through it. Returns those whose phase is another. */
  look(changed: string): string[] {
    const others: string[] = [];
    for (const wiring of this.#wirings.values()) {
      if (wiring.unit !== changed && wiring.through !== changed) continue;
      const nowMs = this.#context.now();
      const power = powerStep(wiring.power, this.#isWanted(wiring), this.#isConfirmed(wiring), wiring.times, nowMs);
      if (power === wiring.power) continue;
      wiring.power = power;
      clearTimeout(wiring.timer);
      const endMs = phaseEndMs(power, wiring.times);
      // A timer may come a moment too soon.
      if (endMs !== undefined) wiring.timer = setTimeout(() => this.#context.ended(wiring.unit), endMs - nowMs + 1);
      others.push(wiring.unit);
    }
    return others;
  }

  close(): void {
    for (const { timer } of this.#wirings.values()) clearTimeout(timer);
    this.#wirings.clear();
  }

  /** Whether a unit has its power, over however many others, through another. */
  #isAbove(above: string, unit: string): boolean {
    const through = this.#wirings.get(unit)?.through;
    if (through === undefined || through === unit) return false;
    return through === above || this.#isAbove(above, through);
  }

  #isWanted({ through, parameter, index }: Wiring): boolean {
    return this.#context.find(through)?.values[parameter]?.[index] === true;
  }

  #isConfirmed(wiring: Wiring): boolean {
    const { unit, through, report, reportIndex } = wiring;
    const distributor = this.#context.find(through);
    // What a distributor said before it lost its own power is not so any more.
    if (!distributor || (through !== unit && !this.hasPower(through))) return false;
    if (report !== undefined) return distributor.reports[report]?.[reportIndex] === true;
    return (
      this.#isWanted(wiring) &&
      Object.values(distributor.reports)
        .flat()
        .some((value) => value !== undefined)
    );
  }
}

function checkToggle(
  model: Model,
  items: readonly (Parameter | Report)[],
  what: string,
  id: string,
  index: number,
  refusal: (why: string) => AudioCloudError,
): void {
  const item = items.find((one) => one.id === id);
  if (!item) throw refusal(`${model.id} has no ${what} ${id}, only ${items.map((one) => one.id).join(', ') || 'none'}`);
  if (item.range?.kind !== 'toggle') throw refusal(`the ${what} ${id} of ${model.id} is no toggle`);
  const count = valueCount(item.scope, model, {});
  if (index >= count)
    throw refusal(`the ${what} ${id} of ${model.id} has ${count} values, counted from 0, and no ${index}`);
}
