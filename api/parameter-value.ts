import { AudioCloudError } from './errors.ts';
import type { Model, Parameter, Report, Scope, Value } from './model.ts';

/** How many values a parameter or report has on an instance whose ports have these widths. [any] */
export function valueCount(scope: Scope | undefined, model: Model, widths: Record<string, number>): number {
  if (!scope || scope.kind === 'global') return 1;
  if (scope.kind === 'count') return scope.count;
  const ports = (scope.kind === 'input-channel' ? model.inputs : model.outputs).filter((port) => port.kind === 'audio');
  const port = scope.port ? ports.find(({ id }) => id === scope.port) : ports[0];
  return port ? (widths[port.id] ?? port.channels?.default ?? 1) : 1;
}

/**
 * A value as the number that kernels and drivers take: the plain value, 0 or 1, or the index in the list. [any]
 *
 * Throws PARAMETER_VALUE with the values allowed. A stepped value must lie on a step (to 1e-9 of the range).
 */
export function valueToNumber(parameter: Parameter | Report, value: Value, where = parameter.id): number {
  const { range } = parameter;
  const refuse = (wanted: string): never => {
    throw new AudioCloudError('PARAMETER_VALUE', `Cannot set ${where} to ${JSON.stringify(value)}: wanted ${wanted}`, {
      parameter: parameter.id,
      value,
    });
  };
  switch (range.kind) {
    case 'toggle':
      return value === true || value === 1 ? 1 : value === false || value === 0 ? 0 : refuse('true or false');
    case 'list': {
      const index = range.values.findIndex((entry) => entry.value === value);
      return index >= 0
        ? index
        : refuse(`one of ${range.values.map((entry) => JSON.stringify(entry.value)).join(', ')}`);
    }
    default: {
      const { min, max } = range;
      if (typeof value !== 'number' || !Number.isFinite(value) || value < min || value > max)
        return refuse(`a number from ${min} to ${max} ${parameter.unit}`);
      if (range.kind === 'stepped') {
        const steps = (value - min) / range.step;
        if (Math.abs(steps - Math.round(steps)) * range.step > 1e-9 * (max - min))
          return refuse(`${min} plus a multiple of ${range.step} ${parameter.unit}`);
      }
      return value;
    }
  }
}

/** The inverse of valueToNumber; numbers out of range are clamped. [any] */
export function numberToValue(parameter: Parameter | Report, number: number): Value {
  const { range } = parameter;
  if (range.kind === 'toggle') return number >= 0.5;
  if (range.kind === 'list')
    return range.values[Math.max(0, Math.min(range.values.length - 1, Math.round(number)))]!.value;
  const clamped = Math.max(range.min, Math.min(range.max, number));
  return range.kind === 'stepped' ? range.min + Math.round((clamped - range.min) / range.step) * range.step : clamped;
}

/** All values of a parameter on an instance: those given, the defaults for the rest. `given` as in a task. [any] */
export function parameterValues(parameter: Parameter, count: number, given: Value | Value[] | undefined): Value[] {
  const of = (source: Value | Value[] | undefined, i: number) => (Array.isArray(source) ? source[i] : source);
  return Array.from(
    { length: count },
    (_, i) =>
      of(given, i) ??
      of(parameter.default, i) ??
      (Array.isArray(parameter.default) ? parameter.default[0]! : parameter.default),
  );
}
