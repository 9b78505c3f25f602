import type { MediaSlot, Model, Parameter, Port, Value } from '@audiocloud/api';

const HEAD = `// Made by \`audiocloud plugin types\`. Make it again when packages are installed or removed.
import type { Instance, Task } from '@audiocloud/api';

/** Values of parameters by model: a wrong name, or a value of another kind, does not compile. */
export interface ModelParameters {
`;

const TAIL = `
export type ModelId = keyof ModelParameters;

/** An instance of one model. */
export type InstanceOf<M extends ModelId> = Omit<Instance, 'model' | 'parameters' | 'widths' | 'media'> & {
  model: M;
  parameters?: ModelParameters[M];
  media?: ModelMedia[M];
  widths?: { [P in ModelPorts[M]]?: number };
};

/** An instance of any model that is installed. */
export type TypedInstance = { [M in ModelId]: InstanceOf<M> }[ModelId];

/** A task whose instances are checked: \`const task = { ... } satisfies TypedTask\`. */
export type TypedTask = Omit<Task, 'instances'> & { instances?: Record<string, TypedInstance> };

/** A change of one value of an instance of this model. */
export type ChangeOf<M extends ModelId> = {
  [P in keyof ModelParameters[M] & string]-?: {
    instance: string;
    parameter: P;
    index?: number;
    value: Exclude<ModelParameters[M][P], undefined | unknown[]>;
  };
}[keyof ModelParameters[M] & string];

/** A change of what the host gives to every instance. */
export type HostChange =
  | { instance: string; parameter: 'host-bypass'; value: boolean }
  | { instance: string; parameter: 'host-mix'; value: number };
`;

/**
 * TypeScript declarations of models: their parameters with the values they take, media slots, audio ports, and types of instances,
 * tasks and changes on top of them. Pure. [any]
 *
 * models: of several versions of an id, the one that the id alone means comes first.
 */
export function modelTypes(models: readonly Model[]): string {
  const parameters: string[] = [];
  const media: string[] = [];
  const ports: string[] = [];
  const known = new Set<string>();
  for (const model of models) {
    const { id, version, name } = model;
    const exact = `${id}@${version}`;
    if (known.has(exact)) continue;
    const isNewest = !known.has(id);
    for (const key of [id, exact]) known.add(key);
    const body = model.parameters.map((parameter) => parameterLines(parameter)).join('');
    const key = quoted(isNewest ? id : exact);
    parameters.push(`  /** ${comment(`${name} ${version}`)} */\n  ${key}: ${objectType(body)};\n`);
    media.push(`  ${key}: ${objectType((model.mediaSlots ?? []).map(slotLines).join(''))};\n`);
    ports.push(`  ${key}: ${union(audioPorts(model).map(({ id: port }) => quoted(port)))};\n`);
    if (!isNewest) continue;
    parameters.push(`  ${quoted(exact)}: ModelParameters[${quoted(id)}];\n`);
    media.push(`  ${quoted(exact)}: ModelMedia[${quoted(id)}];\n`);
    ports.push(`  ${quoted(exact)}: ModelPorts[${quoted(id)}];\n`);
  }
  const mediaHead = '}\n\n/** Names of media of the task by model and slot. */\nexport interface ModelMedia {\n';
  const portsHead = '}\n\n/** Audio ports by model. */\nexport interface ModelPorts {\n';
  return `${HEAD}${parameters.join('')}${mediaHead}${media.join('')}${portsHead}${ports.join('')}}\n${TAIL}`;
}

const audioPorts = ({ inputs, outputs }: Model): Port[] =>
  [...inputs, ...outputs].filter(({ kind }) => kind === 'audio');

/** Of lines of members; an empty object would take any name. */
const objectType = (lines: string): string => (lines === '' ? 'Record<string, never>' : `{\n${lines}  }`);

function slotLines({ id, name, count = 1, maxSeconds, maxChannels }: MediaSlot): string {
  const about = `${name}, ${count > 1 ? `${count} pieces of ` : ''}at most ${maxSeconds} s and ${maxChannels} channels`;
  const type = count > 1 ? 'string | (string | null)[]' : 'string';
  return `    /** ${comment(about)} */\n    ${memberName(id)}?: ${type};\n`;
}

function parameterLines({ id, name, unit, range, default: initial, scope }: Parameter): string {
  const isOne = scope === undefined || scope.kind === 'global';
  const one = valueType(range);
  const type = isOne ? one : `${one} | ${one.includes('|') ? `(${one})` : one}[]`;
  const shown = typeof initial === 'object' ? initial[0] : initial;
  const about = [name, rangeText(range, unit), `default ${shown}`].filter(Boolean).join(', ');
  return `    /** ${comment(about)} */\n    ${memberName(id)}?: ${type};\n`;
}

function valueType(range: Parameter['range']): string {
  if (range.kind === 'toggle') return 'boolean';
  if (range.kind !== 'list') return 'number';
  return union(range.values.map(({ value }) => literal(value)));
}

function rangeText(range: Parameter['range'], unit: string): string {
  if (range.kind === 'toggle' || range.kind === 'list') return '';
  return `${range.min} to ${range.max}${unit === 'none' ? '' : ` ${unit}`}`;
}

const memberName = (id: string): string => (/^[A-Za-z_]\w*$/.test(id) ? id : quoted(id));
const literal = (value: Value): string => (typeof value === 'string' ? quoted(value) : String(value));
const union = (types: readonly string[]): string => (types.length > 0 ? types.join(' | ') : 'never');
/** A string literal, whatever is in it. */
const quoted = (text: string): string =>
  `'${JSON.stringify(text).slice(1, -1).replace(/\\"/g, '"').replace(/'/g, "\\'")}'`;
/** Text that ends no comment. */
const comment = (text: string): string => text.replace(/\*\//g, '* /').replace(/\s+/g, ' ');
