import type { Parameter, Value } from './model.ts';
import type { Instance } from './task.ts';

/** Parameter ids that begin so belong to the host; no model has them. */
export const HOST_PREFIX = 'host-';

/**
 * Parameters that the host gives to every instance, whatever its model. They are set like any other, and stand in a task
 * as `bypass` and `mix` of the instance.
 */
export const HOST_PARAMETERS: readonly Parameter[] = [
  {
    id: 'host-bypass',
    name: 'Bypass',
    description: 'The input goes by the instance, as late as the instance is',
    unit: 'toggle',
    range: { kind: 'toggle' },
    default: false,
    role: 'bypass',
  },
  {
    id: 'host-mix',
    name: 'Mix',
    description: 'Share of the instance in what is heard; the rest is its input, as late as the instance is',
    unit: '%',
    range: { kind: 'continuous', min: 0, max: 100 },
    default: 100,
    role: 'mix',
    decimals: 0,
  },
];

/** The host's parameter of an id; undefined when it is one of a model. [any] */
export function hostParameter(id: string): Parameter | undefined {
  return id.startsWith(HOST_PREFIX) ? HOST_PARAMETERS.find((parameter) => parameter.id === id) : undefined;
}

/** What an instance has of a host's parameter. [any] */
export function hostValue({ bypass = false, mix = 100 }: Instance, parameter: Parameter): Value {
  return parameter.id === 'host-bypass' ? bypass : mix;
}

/** The instance with a host's parameter set; the value is one that the parameter allows. [any] */
export function withHostValue(instance: Instance, parameter: Parameter, value: Value): Instance {
  if (parameter.id === 'host-bypass') return { ...instance, bypass: value === true || value === 1 };
  return { ...instance, mix: Number(value) };
}
