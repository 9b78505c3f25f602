import { type Driver, type Model, valueCount } from '@audiocloud/api';
import type { Direction } from '../kinds/kind.ts';
import type { Mistakes } from './lint-checks.ts';

/** The name that was meant, if one differs by capitals and signs only, or by one letter at its end. */
function alike(id: string, ids: readonly string[]): string | undefined {
  const plain = (text: string) => text.toLowerCase().replace(/[_-]/g, '');
  return (
    ids.find((other) => plain(other) === plain(id)) ?? ids.find((other) => other.startsWith(id) || id.startsWith(other))
  );
}

/** Parameters and reports of model and driver, against each other. [any] */
export function* nameMistakes(driver: Driver, model: Model): Mistakes {
  if (driver.model.split('@')[0] !== model.id.split('@')[0])
    yield {
      check: 'driver-model',
      place: '/model',
      message: `is ${driver.model}, the model is ${model.id}`,
      mend: 'name the model that the driver is for',
    };
  yield* directionMistakes(driver, model, 'parameters');
  yield* directionMistakes(driver, model, 'reports');
}

function* directionMistakes(driver: Driver, model: Model, direction: Direction): Mistakes {
  const noun = direction === 'parameters' ? 'parameter' : 'report';
  const ids = model[direction].map(({ id }) => id);
  for (const id of Object.keys(driver[direction]))
    if (!ids.includes(id)) {
      const meant = alike(id, ids);
      yield {
        check: `${noun}-unknown`,
        place: `/${direction}/${id}`,
        message: `the model has no ${noun} ${id}: it has ${ids.join(', ') || 'none'}`,
        mend: meant ? `write ${meant}, if that is meant` : 'correct the name, or add it to the model',
      };
    }
  for (const { id, scope } of model[direction]) {
    if (!Object.hasOwn(driver[direction], id)) {
      yield {
        check: `${noun}-unmapped`,
        place: `/${direction}`,
        message: `${noun} ${id} of the model has no mapping`,
        mend: 'add one',
      };
      continue;
    }
    const given = [driver[direction][id]!].flat().length;
    const wanted = valueCount(scope, model, {});
    if (given !== wanted)
      yield {
        check: 'value-count',
        place: `/${direction}/${id}`,
        message: `has ${given} mappings, the model has ${wanted} values`,
        mend: 'write one for each',
      };
  }
}
