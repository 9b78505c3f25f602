import { type Condition, type Driver, type Interlock, type Model, type Value, valueCount } from '@audiocloud/api';
import { safeValues } from '../safe-values.ts';

/** One value of a unit, `parameter index`; parameter: its place in the model. */
export type Place = string;
export const placeOf = (parameter: number, index: number): Place => `${parameter} ${index}`;

/** One interlock between one value and one other. */
export interface Rule {
  name: string;
  atTurn: boolean;
  forMs: number;
  before: { place: Place; id: string; isSo(value: Value): boolean };
  must: { place: Place; id: string; isSo(value: Value): boolean; text: string };
}

/** How long a value stays at least. */
export type StayMs = (value: Value) => number;

/** What a driver says of safety, for its model, by place. */
export interface SafetyRules {
  rules: readonly Rule[];
  stays: ReadonlyMap<Place, StayMs>;
  safe: ReadonlyMap<Place, Value>;
}

/** Whether a value is as a condition says. [any] */
export function isSo({ is, atMost = Number.POSITIVE_INFINITY, atLeast = Number.NEGATIVE_INFINITY }: Condition) {
  if (is !== undefined) return (value: Value) => [is].flat().includes(value);
  return (value: Value) => typeof value === 'number' && value >= atLeast && value <= atMost;
}

/** A condition in words: `mains must be true`. [any] */
export function conditionText({ parameter, is, atMost, atLeast }: Condition): string {
  const words =
    is !== undefined
      ? [is].flat().map((value) => JSON.stringify(value))
      : [
          ...(atLeast === undefined ? [] : [`at least ${atLeast}`]),
          ...(atMost === undefined ? [] : [`at most ${atMost}`]),
        ];
  return `${parameter} must be ${words.join(is === undefined ? ' and ' : ' or ')}`;
}

/**
 * The rules of a driver that was checked. [any]
 *
 * Of parameters with as many values each, values of one place belong together; one value belongs to all of the other.
 */
export function safetyRules(model: Model, driver: Driver): SafetyRules {
  const find = (id: string) => {
    const parameter = model.parameters.findIndex((one) => one.id === id);
    return { parameter, count: valueCount(model.parameters[parameter]!.scope, model, {}) };
  };
  const ofInterlock = ({ name, before, must, atTurn = false }: Interlock): Rule[] => {
    const [from, to] = [find(before.parameter), find(must.parameter)];
    const pairs =
      from.count === to.count
        ? Array.from({ length: from.count }, (_, i) => [i, i] as const)
        : Array.from({ length: from.count }, (_, i) =>
            Array.from({ length: to.count }, (_, k) => [i, k] as const),
          ).flat();
    return pairs.map(([i, k]) => ({
      name,
      atTurn,
      forMs: must.forMs ?? 0,
      before: { place: placeOf(from.parameter, i), id: before.parameter, isSo: isSo(before) },
      must: { place: placeOf(to.parameter, k), id: must.parameter, isSo: isSo(must), text: conditionText(must) },
    }));
  };
  const stays = Object.entries(driver.stays ?? {}).flatMap(([id, { onMs = 0, offMs = 0 }]) => {
    const { parameter, count } = find(id);
    const stay: StayMs = (value) => (value === true ? onMs : offMs);
    return Array.from({ length: count }, (_, i) => [placeOf(parameter, i), stay] as const);
  });
  const safe = safeValues({ model, driver }).map(
    ({ parameter, index, value }) => [placeOf(parameter, index), value] as const,
  );
  return { rules: (driver.interlocks ?? []).flatMap(ofInterlock), stays: new Map(stays), safe: new Map(safe) };
}
