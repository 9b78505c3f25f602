import type { Model, Parameter, Report, Value } from '@audiocloud/api';
import { listValues } from '../way-to-wire.ts';
import type { Mistakes } from './lint-checks.ts';

/** The transport of a medium names a parameter and reports of its model, and values that they have. [any] */
export function* mediumMistakes({ media, parameters, reports }: Model): Mistakes {
  if (!media?.transport) return;
  const { parameter, stop, run, rewind, state, idle, running, position } = media.transport;
  yield* lackOf('parameter', parameters, parameter, { stop, run, rewind });
  yield* lackOf('report', reports, state, { idle, running }, 'state');
  const where = reports.find(({ id }) => id === position);
  if (where?.unit !== 's')
    yield {
      check: 'medium-transport',
      place: '/media/transport/position',
      message: where ? `${position} is in ${where.unit}` : `the model has no report ${position}`,
      mend: 'name the report that tells the position in s',
    };
}

function* lackOf(
  what: 'parameter' | 'report',
  items: readonly (Parameter | Report)[],
  id: string,
  values: Record<string, Value>,
  key: string = what,
): Mistakes {
  const item = items.find((one) => one.id === id);
  const known = item && listValues(item);
  if (!known)
    return yield {
      check: 'medium-transport',
      place: `/media/transport/${key}`,
      message: item ? `the ${what} ${id} is no list` : `the model has no ${what} ${id}`,
      mend: `name the ${what} that is meant`,
    };
  for (const [name, value] of Object.entries(values))
    if (!known.includes(value))
      yield {
        check: 'medium-transport',
        place: `/media/transport/${name}`,
        message: `is ${JSON.stringify(value)}: ${id} has ${known.join(', ')}`,
        mend: 'write one of these',
      };
}
