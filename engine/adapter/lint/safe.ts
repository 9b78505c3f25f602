import {
  asAudioCloudError,
  type Driver,
  type Model,
  parameterValues,
  valueCount,
  valueToNumber,
} from '@audiocloud/api';
import type { Mistakes } from './lint-checks.ts';

/** The safe values of a driver. [any] */
export function* safeMistakes({ safe = {} }: Driver, model: Model): Mistakes {
  for (const [id, value] of Object.entries(safe)) {
    const place = `/safe/${id}`;
    const parameter = model.parameters.find((one) => one.id === id);
    if (!parameter) {
      yield {
        check: 'safe-parameter',
        place,
        message: `the model has no parameter ${id}: it has ${model.parameters.map((one) => one.id).join(', ') || 'none'}`,
        mend: 'correct the name',
      };
      continue;
    }
    const count = valueCount(parameter.scope, model, {});
    const mend = `give a value of ${id}, or a list of ${count}`;
    if (Array.isArray(value) && value.length !== count) {
      yield { check: 'safe-value', place, message: `has ${value.length} values, the model has ${count}`, mend };
      continue;
    }
    try {
      for (const one of parameterValues(parameter, count, value)) valueToNumber(parameter, one, id);
    } catch (error) {
      yield { check: 'safe-value', place, message: asAudioCloudError(error).message, mend };
    }
  }
}
