import { check } from './check.ts';
import { AudioCloudError } from './errors.ts';
import { HOST_PREFIX } from './host-parameters.ts';
import { Model, type Parameter, type Port, type Report, type Value } from './model.ts';
import { valueToNumber } from './parameter-value.ts';

function duplicates(ids: string[]): string[] {
  return ids.filter((id, i) => ids.indexOf(id) !== i);
}

function* rangeProblems({ id, range, unit }: Parameter | Report): Generator<string> {
  if ((range.kind === 'continuous' || range.kind === 'stepped') && range.min >= range.max)
    yield `${id}: min ${range.min} is not below max ${range.max}`;
  if (range.kind === 'list' && duplicates(range.values.map(({ value }) => String(value))).length)
    yield `${id}: a list value stands twice`;
  if ((range.kind === 'toggle') !== (unit === 'toggle')) yield `${id}: the unit toggle goes with the range toggle`;
}

function* parameterProblems(parameter: Parameter): Generator<string> {
  const { id, range, taper } = parameter;
  yield* rangeProblems(parameter);
  if (id.startsWith(HOST_PREFIX)) yield `${id}: ids that begin with ${HOST_PREFIX} belong to the host`;
  if (taper === 'log' && (range.kind === 'continuous' || range.kind === 'stepped') && range.min <= 0)
    yield `${id}: a log taper needs min above 0`;
  if (
    taper &&
    typeof taper === 'object' &&
    taper.points.some((p, i) => i > 0 && (p[0] <= taper.points[i - 1]![0] || p[1] <= taper.points[i - 1]![1]))
  )
    yield `${id}: the points of the taper must rise`;
  yield* valueProblems(parameter, parameter.default, `${id}: default`);
}

function* valueProblems(parameter: Parameter, values: Value | Value[], where: string): Generator<string> {
  for (const value of ([] as Value[]).concat(values)) {
    try {
      valueToNumber(parameter, value);
    } catch (error) {
      yield `${where}: ${(error as Error).message}`;
    }
  }
}

function* portProblems(ports: Port[]): Generator<string> {
  for (const { id, kind, channels } of ports) {
    if ((kind === 'audio') !== (channels !== undefined))
      yield `${id}: an audio port has channels, a midi port has none`;
    if (channels && !(channels.min <= channels.default && channels.default <= channels.max))
      yield `${id}: channels must be min <= default <= max`;
  }
}

function* presetProblems({ parameters, presets = [] }: Model): Generator<string> {
  for (const id of duplicates(presets.map((preset) => preset.id))) yield `preset ${id} stands twice`;
  for (const preset of presets)
    for (const [id, values] of Object.entries(preset.parameters)) {
      const parameter = parameters.find((one) => one.id === id);
      if (!parameter) yield `preset ${preset.id}: there is no parameter ${id}`;
      else yield* valueProblems(parameter, values, `preset ${preset.id}: ${id}`);
    }
}

/** A model that is more than well formed: ids unique, ranges and defaults sound. Throws MODEL_INVALID. [control] */
export function checkModel(value: unknown, what = 'model'): Model {
  const model = check(Model, value, what, 'MODEL_INVALID');
  const problems = [
    ...duplicates(model.parameters.map(({ id }) => id)).map((id) => `parameter ${id} stands twice`),
    ...duplicates(model.reports.map(({ id }) => id)).map((id) => `report ${id} stands twice`),
    ...duplicates([...model.inputs, ...model.outputs].map(({ id }) => id)).map((id) => `port ${id} stands twice`),
    ...duplicates((model.mediaSlots ?? []).map(({ id }) => id)).map((id) => `media slot ${id} stands twice`),
    ...model.parameters.flatMap((parameter) => [...parameterProblems(parameter)]),
    ...model.reports.flatMap((report) => [...rangeProblems(report)]),
    ...presetProblems(model),
    ...portProblems([...model.inputs, ...model.outputs]),
  ];
  if (problems.length)
    throw new AudioCloudError(
      'MODEL_INVALID',
      `Cannot accept ${what} ${model.id}: ${problems.slice(0, 8).join('; ')}`,
      { model: model.id, problems },
    );
  return model;
}
