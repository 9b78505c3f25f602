import type { Parameter, Value } from '@audiocloud/api';

/** Parameters that are drawn together. */
export interface Section {
  title: string | undefined;
  /** With one value each. */
  singles: Parameter[];
  /** With one value for each channel or count; all of one width. */
  tables: { count: number; parameters: Parameter[] }[];
}

/** The parameters of a model by group, in the order of the model; those with several values by how many they have. */
export function parameterSections(
  parameters: readonly Parameter[],
  countOf: (parameter: Parameter) => number,
): Section[] {
  const sections = new Map<string | undefined, Section>();
  for (const parameter of parameters) {
    const section = sections.get(parameter.group) ?? { title: parameter.group, singles: [], tables: [] };
    sections.set(parameter.group, section);
    const count = countOf(parameter);
    if (count === 1 && isScalar(parameter)) section.singles.push(parameter);
    else {
      const table = section.tables.find((candidate) => candidate.count === count);
      if (table) table.parameters.push(parameter);
      else section.tables.push({ count, parameters: [parameter] });
    }
  }
  return [...sections.values()];
}

/** One value for all channels: it has no number. */
function isScalar({ scope }: Parameter): boolean {
  return (
    !scope || scope.kind === 'global' || (scope.kind === 'count' && scope.count === 1) || scope.kind.endsWith('channel')
  );
}

/** The number of a value as the protocol wants it: none when there is only one. */
export function valueIndex(values: readonly Value[], index: number): number | undefined {
  return values.length > 1 ? index : undefined;
}
