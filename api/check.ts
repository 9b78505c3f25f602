import { type Static, type TLiteral, type TObject, type TSchema, Type } from 'typebox';
import { Compile, type Validator } from 'typebox/schema'; // typebox/compile brings all that changes values as well, 3 MB
import { AudioCloudError, type ErrorCode } from './errors.ts';

const compiled = new WeakMap<object, Validator>();

/**
 * Returns `value` typed by `schema`, or throws `code` with every place that is wrong (at most 8). [control]
 *
 * what: how the message calls the thing, e.g. `task 'demo'`.
 */
export function check<T extends TSchema>(schema: T, value: unknown, what: string, code: ErrorCode): Static<T> {
  if (validatorOf(schema).Check(value)) return value as Static<T>;
  const { branch, problem } = branchOf(schema, value);
  if (problem) throw new AudioCloudError(code, `Cannot accept ${what}: ${problem}`, { problems: [problem] });
  const places = new Map<string, string>();
  for (const { instancePath, message, params } of validatorOf(branch).Errors(value)[1]) {
    if (message === 'schema is false') continue; // said again, with the key, by additionalProperties
    const extra = 'additionalProperties' in params ? `: ${String(params.additionalProperties)}` : '';
    const allowed = 'allowedValues' in params ? `: ${String(params.allowedValues)}` : '';
    if (!places.has(instancePath)) places.set(instancePath, `${instancePath || '/'} ${message}${extra}${allowed}`);
  }
  const problems = [...places.values()].slice(0, 8);
  throw new AudioCloudError(code, `Cannot accept ${what}: ${problems.join('; ')}`, { problems });
}

function validatorOf(schema: TSchema): Validator {
  let validator = compiled.get(schema);
  if (!validator) {
    validator = Compile(schema) as unknown as Validator;
    compiled.set(schema, validator);
  }
  return validator;
}

/**
 * Of a union whose members are told apart by a constant (`kind`, `type`) the one that a value says it is: what is wrong with it
 * beside the others tells nothing. problem: there is no such one. Any other schema is its own branch.
 */
function branchOf(schema: TSchema, value: unknown): { branch: TSchema; problem?: string } {
  const members = Type.IsUnion(schema) ? schema.anyOf : [];
  const constants = members.map((member) => (Type.IsObject(member) ? constantsOf(member) : {}));
  const key = Object.keys(constants[0] ?? {}).find((one) => constants.every((constant) => one in constant));
  if (key === undefined || typeof value !== 'object' || value === null) return { branch: schema };
  const said = (value as Record<string, unknown>)[key];
  const index = constants.findIndex((constant) => constant[key] === said);
  if (index >= 0) return { branch: members[index]! };
  const wanted = [...new Set(constants.map((constant) => constant[key]))].join(',');
  return { branch: schema, problem: `/${key} must be equal to one of the allowed values: ${wanted}` };
}

function constantsOf({ properties }: TObject): Record<string, unknown> {
  const literals = Object.entries(properties).filter(([, one]) => Type.IsLiteral(one));
  return Object.fromEntries(literals.map(([key, one]) => [key, (one as TLiteral).const]));
}
