import type { TSchema } from 'typebox';
import type { Static } from 'typebox';
import { Compile, type Validator } from 'typebox/compile';
import { AudioCloudError, type ErrorCode } from './errors.ts';

const compiled = new WeakMap<object, Validator>();

/**
 * Returns `value` typed by `schema`, or throws `code` with every place that is wrong (at most 8). [control]
 *
 * what: how the message calls the thing, e.g. `task 'demo'`.
 */
export function check<T extends TSchema>(schema: T, value: unknown, what: string, code: ErrorCode): Static<T> {
  let validator = compiled.get(schema);
  if (!validator) {
    validator = Compile(schema) as unknown as Validator;
    compiled.set(schema, validator);
  }
  if (validator.Check(value)) return value as Static<T>;
  const places = new Map<string, string>();
  for (const { instancePath, message, params } of validator.Errors(value)) {
    if (message === 'schema is false') continue; // said again, with the key, by additionalProperties
    const extra = 'additionalProperties' in params ? `: ${String(params.additionalProperties)}` : '';
    const allowed = 'allowedValues' in params ? `: ${String(params.allowedValues)}` : '';
    if (!places.has(instancePath)) places.set(instancePath, `${instancePath || '/'} ${message}${extra}${allowed}`);
  }
  const problems = [...places.values()].slice(0, 8);
  throw new AudioCloudError(code, `Cannot accept ${what}: ${problems.join('; ')}`, { problems });
}
