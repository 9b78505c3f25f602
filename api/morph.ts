import type { ParameterChange } from './graph-edit.ts';
import { hostParameter } from './host-parameters.ts';
import { instanceValues, instanceOf, modelOf } from './instance-values.ts';
import type { Model, Parameter } from './model.ts';
import { numberToValue, valueToNumber } from './parameter-value.ts';
import { numberToTravel, travelToNumber } from './taper.ts';
import type { Task } from './task.ts';

/** One value on its way. */
interface Way {
  change: ParameterChange;
  parameter: Parameter;
  /** Places on the travel of its knob; undefined for what has nothing between its values. */
  from: number | undefined;
  to: number;
}

const keyOf = ({ instance, parameter, index }: ParameterChange): string => `${instance} ${parameter} ${index ?? ''}`;

/**
 * Values on their way to others, evenly along the travel of their knobs: a frequency by equal ratios, a level by equal dB.
 * What has nothing between its values (lists, toggles, steps) changes in the middle. [any]
 */
export class Morph {
  #ways: Way[];
  #share = 0;

  /** targets: as recallChanges gives them. */
  constructor(models: readonly Model[], task: Task, targets: readonly ParameterChange[]) {
    this.#ways = targets.flatMap((change): Way[] => {
      const { instance, parameter: id, index = 0, value } = change;
      const model = modelOf(models, instanceOf(task, instance));
      const parameter = hostParameter(id) ?? model?.parameters.find((one) => one.id === id);
      const now = instanceValues(models, task, instance, id)[index];
      if (!parameter || now === undefined) return [];
      const travel = (of: typeof value) => numberToTravel(parameter, valueToNumber(parameter, of));
      const from = parameter.range.kind === 'continuous' ? travel(now) : undefined;
      return [{ change, parameter, from, to: travel(value) }];
    });
  }

  get isOver(): boolean {
    return this.#share >= 1 || this.#ways.length === 0;
  }

  /** Goes on to a share of the way, 0 to 1, not below the last one; returns what changes there. At 1: exactly the targets. */
  advance(share: number): ParameterChange[] {
    const before = this.#share;
    this.#share = Math.min(1, share);
    return this.#ways.flatMap(({ change, parameter, from, to }): ParameterChange[] => {
      if (from === undefined) return before < 0.5 && share >= 0.5 ? [change] : [];
      if (share >= 1) return [change];
      const number = travelToNumber(parameter, from + (to - from) * share);
      return [{ ...change, value: numberToValue(parameter, number) }];
    });
  }

  /** Somebody else sets these now: they are theirs. */
  leave(changes: readonly ParameterChange[]): void {
    const set = new Set(changes.map(keyOf));
    const whole = new Set(changes.filter(({ index }) => index === undefined).map(keyOf));
    this.#ways = this.#ways.filter(
      ({ change }) => !set.has(keyOf(change)) && !whole.has(keyOf({ ...change, index: undefined } as ParameterChange)),
    );
  }
}
