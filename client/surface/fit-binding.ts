import {
  type AudioCloudError,
  hostParameter,
  instanceOf,
  instanceValues,
  type Model,
  modelOf,
  modeOf,
  numberToTravel,
  numberToValue,
  type Parameter,
  type SurfaceBinding,
  type Task,
  travelToNumber,
  type Value,
  valueToNumber,
} from '@audiocloud/api';
import type { SurfaceMistake } from './surface-mistake.ts';

/** A binding with the parameter that it moves. */
export interface FittedBinding {
  /** What it is called in messages: `gain.gain[1]`. */
  name: string;
  isToggle: boolean;
  /** Positions of a list, a toggle or steps between both ends; undefined: any number. */
  positions: number | undefined;
  /** Share of the way for one click of an encoder. */
  step: number;
  /** The value at 0 to 1 of the way of the control. */
  valueAt(travel: number): Value;
  /** The inverse, 0 to 1. */
  travelOf(value: Value): number;
}

/** More positions than an encoder should have clicks: it moves by share of the way instead. */
const MOST_CLICKS = 100;
const CLICK = 1 / MOST_CLICKS;

const list = (names: readonly string[]) => (names.length ? `one of ${names.join(', ')}` : 'there is none');

function mistake(check: SurfaceMistake['check'], place: string, message: string, mend: string): SurfaceMistake {
  return { check, place, message, mend };
}

/**
 * The parameter that a binding moves, or why it moves none. [any]
 *
 * place: JSON pointer of the binding in its map.
 */
export function fitBinding(
  binding: SurfaceBinding,
  place: string,
  task: Task,
  models: readonly Model[],
): FittedBinding | SurfaceMistake {
  const { instance: name, parameter: id, index, range, curve = 'model' } = binding.to;
  const instance = instanceOf(task, name);
  if (!instance)
    return mistake(
      'instance-unknown',
      `${place}/to/instance`,
      `the task has no instance ${name}`,
      list(Object.keys(task.instances ?? {})),
    );
  const model = modelOf(models, instance);
  if (!model)
    return mistake('model-unknown', `${place}/to/instance`, `no engine has its model ${instance.model}`, 'install it');
  const parameter = hostParameter(id) ?? model.parameters.find((one) => one.id === id);
  if (!parameter)
    return mistake(
      'parameter-unknown',
      `${place}/to/parameter`,
      `${model.id} has no parameter ${id}`,
      list(model.parameters.map((one) => one.id)),
    );
  if (parameter.latched)
    return mistake(
      'parameter-latched',
      `${place}/to/parameter`,
      `${id} is taken when its instance is activated`,
      'name another parameter',
    );
  const count = instanceValues(models, task, name, id).length;
  if (index !== undefined && index >= count)
    return mistake('index', `${place}/to/index`, `${id} has ${count} values`, `from 0 to ${count - 1}`);
  const numeric = parameter.range.kind === 'continuous' || parameter.range.kind === 'stepped';
  const mode = modeOf(binding);
  if (numeric && !range && (mode === 'toggle' || mode === 'momentary'))
    return mistake(
      'button-range',
      `${place}/to`,
      'a button does not go through all numbers',
      'give `range` its two values',
    );
  let ends: readonly [number, number];
  try {
    ends = range ? [valueToNumber(parameter, range[0]), valueToNumber(parameter, range[1])] : wholeRange(parameter);
  } catch (error) {
    const { message } = error as AudioCloudError;
    return mistake('range', `${place}/to/range`, message, 'give values that the model allows');
  }
  if (curve === 'log' && !(numeric && ends[0] * ends[1] > 0))
    return mistake(
      'curve',
      `${place}/to/curve`,
      'equal ratios need numbers of one sign, without 0',
      'linear, or another range',
    );
  const positions = positionsOf(parameter, ends);
  const clicks = positions === undefined || positions > MOST_CLICKS ? MOST_CLICKS : Math.max(1, positions - 1);
  return {
    name: `${name}.${id}${index === undefined ? '' : `[${index}]`}`,
    isToggle: parameter.range.kind === 'toggle',
    positions,
    step: binding.step ?? (clicks === MOST_CLICKS ? CLICK : 1 / clicks),
    ...wayBetween(parameter, ends, curve),
  };
}

function wholeRange({ range }: Parameter): readonly [number, number] {
  if (range.kind === 'toggle') return [0, 1];
  if (range.kind === 'list') return [0, range.values.length - 1];
  return [range.min, range.max];
}

function positionsOf({ range }: Parameter, [low, high]: readonly [number, number]): number | undefined {
  if (range.kind === 'continuous') return undefined;
  return Math.round(Math.abs(high - low) / (range.kind === 'stepped' ? range.step : 1)) + 1;
}

function wayBetween(
  parameter: Parameter,
  [low, high]: readonly [number, number],
  curve: 'model' | 'linear' | 'log',
): Pick<FittedBinding, 'valueAt' | 'travelOf'> {
  const isModel = curve === 'model';
  const from = isModel ? numberToTravel(parameter, low) : low;
  const to = isModel ? numberToTravel(parameter, high) : high;
  const between = (travel: number): number => {
    if (curve === 'log') return from * (to / from) ** travel;
    const place = from + travel * (to - from);
    return isModel ? travelToNumber(parameter, place) : place;
  };
  const whereIs = (number: number): number => {
    const inside = Math.max(Math.min(low, high), Math.min(Math.max(low, high), number));
    if (curve === 'log') return Math.log(inside / from) / Math.log(to / from);
    return ((isModel ? numberToTravel(parameter, inside) : inside) - from) / (to - from);
  };
  return {
    valueAt(travel) {
      // ends are exact, whatever the rounding in between
      if (travel <= 0) return numberToValue(parameter, low);
      return numberToValue(parameter, travel >= 1 ? high : between(travel));
    },
    travelOf: (value) => {
      const travel = whereIs(valueToNumber(parameter, value));
      return Number.isNaN(travel) ? 0 : Math.max(0, Math.min(1, travel));
    },
  };
}
