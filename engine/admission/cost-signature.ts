import { createHash } from 'node:crypto';
import { cpus } from 'node:os';
import { type Instance, type Model, type Parameter, parameterValues, type Value, valueCount } from '@audiocloud/api';

/** Raised when costs are measured in another way: what was kept before is not used then. */
const METHOD = 2;

/**
 * The settings of an instance that its cost is measured for. [any]
 *
 * Lists, toggles and steps often choose how much is to do, so their values count; of a continuous parameter only whether a
 * value is the default (which may stand for nothing to do), so that a hundred strips that differ in frequency are one
 * setting. Two instances with the same text cost the same, as far as that goes.
 */
export function settingOf(instance: Instance, model: Model, widths: Readonly<Record<string, number>>): string {
  const parts: string[] = [];
  for (const parameter of model.parameters) {
    const given = instance.parameters?.[parameter.id];
    if (given === undefined) continue;
    const count = valueCount(parameter.scope, model, widths);
    const values = parameterValues(parameter, count, given).map((value, index) => outline(parameter, value, index));
    if (values.some((value) => value !== '')) parts.push(`${parameter.id}=${values.join()}`);
  }
  return parts.join(';');
}

function outline({ range, default: initial }: Parameter, value: Value, index: number): string {
  const usual = Array.isArray(initial) ? initial[index] : initial;
  if (value === usual) return '';
  return range.kind === 'continuous' ? '~' : JSON.stringify(value);
}

/** Equal for models of the same module with the same widths. */
export function shapeOf(model: Model, widths: Readonly<Record<string, number>>): string {
  const ports = [...model.inputs, ...model.outputs].filter(({ kind }) => kind === 'audio');
  return `${model.id}@${model.version} ${ports.map(({ id }) => `${id}=${widths[id]}`).join()}`;
}

/**
 * Name of the file of a cost: equal only where it would be measured again to be the same. [any]
 *
 * hash: of the module, and of the block runner.   what: everything else that it depends on.
 */
export function costFile(hashes: readonly string[], what: readonly (string | number)[]): string {
  const machine = [process.arch, cpus()[0]?.model ?? 'unknown', process.versions.v8];
  return createHash('sha256')
    .update(JSON.stringify([METHOD, machine, hashes, what]))
    .digest('hex');
}
