import type { AudioCloudError, Driver, Mapping, Model, Parameter, Report } from '@audiocloud/api';
import { compileExpression, type ExpressionFault } from '../expression.ts';
import type { Direction } from '../kinds/kind.ts';
import { kindOf } from '../kinds/kinds.ts';
import type { Mistakes } from './lint-checks.ts';
import { listMistakes } from './list-values.ts';
import { numberMistakes } from './number-values.ts';

/** Every mapping of a known parameter or report: its own mistakes, and those with others. [any] */
export function* valueMistakes(driver: Driver, model: Model): Mistakes {
  for (const direction of ['parameters', 'reports'] as const) {
    const taken: Taken = { occupied: new Map(), shared: new Map() };
    for (const item of model[direction]) {
      if (!Object.hasOwn(driver[direction], item.id)) continue;
      const given = driver[direction][item.id]!;
      for (const [i, mapping] of [given].flat().entries()) {
        const place = `/${direction}/${item.id}${Array.isArray(given) ? `/${i}` : ''}`;
        const own = [...mappingMistakes(item, mapping as Mapping, direction, driver, place)];
        yield* own;
        if (!own.length) yield* occupiedMistakes(mapping as Mapping, direction, driver, place, taken);
      }
    }
  }
}

function* mappingMistakes(
  item: Parameter | Report,
  mapping: Mapping,
  direction: Direction,
  driver: Driver,
  place: string,
): Mistakes {
  const kind = kindOf(mapping);
  let isReadable = true;
  for (const mistake of kind.problems?.(mapping, direction, driver) ?? []) {
    isReadable = false;
    yield { ...mistake, place: place + mistake.place };
  }
  for (const mistake of formulaMistakes(mapping, place)) {
    isReadable = false;
    yield mistake;
  }
  if (!isReadable) return;
  const wires = kind.wires(mapping, direction);
  if (item.range.kind === 'list' || item.range.kind === 'toggle') yield* listMistakes(item, mapping, wires, place);
  else yield* numberMistakes(item.range, mapping, direction, wires, place);
}

function* formulaMistakes({ clamp, expression }: Mapping, place: string): Mistakes {
  if (clamp && clamp[0] >= clamp[1])
    yield {
      check: 'clamp-order',
      place: `${place}/clamp`,
      message: `${clamp[0]} is not below ${clamp[1]}`,
      mend: 'write the lowest number first',
    };
  if (expression === undefined) return;
  try {
    compileExpression(expression);
  } catch (error) {
    const { fault, what } = (error as AudioCloudError).details as { fault: ExpressionFault; what: string };
    yield {
      check: `expression-${fault}`,
      place: `${place}/expression`,
      message: `cannot be used: ${what}`,
      mend: 'write plain arithmetic on x (docs/device-guide.md has all that it knows)',
    };
  }
}

/** Places of mappings by what they use alone, or share. */
interface Taken {
  occupied: Map<string, string>;
  shared: Map<string, string>;
}

function* occupiedMistakes(
  mapping: Mapping,
  direction: Direction,
  driver: Driver,
  place: string,
  { occupied, shared }: Taken,
): Mistakes {
  const kind = kindOf(mapping);
  const names = kind.occupies(mapping, direction, driver);
  const together = kind.shares?.(mapping, direction) ?? [];
  const twice =
    names.find((name) => occupied.has(name) || shared.has(name)) ?? together.find((name) => occupied.has(name));
  if (twice !== undefined)
    yield {
      check: 'same-wire',
      place,
      message: `uses the same ${twice} as ${occupied.get(twice) ?? shared.get(twice)}`,
      mend: 'give each its own',
    };
  for (const name of names) if (!occupied.has(name)) occupied.set(name, place);
  for (const name of together) if (!shared.has(name)) shared.set(name, place);
}
