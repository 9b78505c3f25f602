import {
  type Carries,
  type Delivery,
  type Driver,
  type Model,
  type Parameter,
  type Ramp,
  type ReadBack,
  type Report,
  valueCount,
} from '@audiocloud/api';
import { listValues } from '../way-to-wire.ts';
import { questionMistakes } from './exchange.ts';
import type { Mistakes } from './lint-checks.ts';

/** Longer, whoever set the value would no longer wait for its answer. */
const LONGEST_RAMP_SECONDS = 30;

/** Mistakes of how values are sent: gaps, ramps, read-back. [any] */
export function* deliveryMistakes(driver: Driver, model: Model, carries: Carries | undefined): Mistakes {
  const { gapMs = 0, polling = [] } = driver;
  if (polling.reduce((share, { everyMs }) => share + gapMs / everyMs, 0) >= 1)
    yield {
      check: 'gap-too-long',
      place: '/gapMs',
      message: `is ${gapMs} ms: the polls alone need all the time`,
      mend: 'make it shorter, or ask less often',
    };
  for (const [id, delivery] of Object.entries(driver.delivery ?? {})) {
    const place = `/delivery/${id}`;
    const parameter = model.parameters.find((one) => one.id === id);
    if (parameter) yield* ownMistakes(delivery, parameter, driver, model, carries, place);
    else
      yield {
        check: 'delivery-unknown',
        place,
        message: `the model has no parameter ${id}: it has ${model.parameters.map((one) => one.id).join(', ') || 'none'}`,
        mend: 'correct the name',
      };
  }
}

function* ownMistakes(
  { gapMs, ramp, readBack }: Delivery,
  parameter: Parameter,
  driver: Driver,
  model: Model,
  carries: Carries | undefined,
  place: string,
): Mistakes {
  if (gapMs !== undefined && gapMs <= (driver.gapMs ?? 0))
    yield {
      check: 'gap-unused',
      place: `${place}/gapMs`,
      message: `is ${gapMs} ms, and the device has ${driver.gapMs} ms between any two writes`,
      mend: 'remove it, or make it longer',
    };
  if (ramp) {
    yield* rampMistakes(ramp, parameter, `${place}/ramp`);
    const least = Math.max(gapMs ?? 0, driver.gapMs ?? 0);
    if (ramp.everyMs < least)
      yield {
        check: 'ramp-gap',
        place: `${place}/ramp/everyMs`,
        message: `is ${ramp.everyMs} ms, and the gap between two writes ${least} ms`,
        mend: 'make it as long as the gap at least, with larger steps',
      };
  }
  if (!readBack) return;
  yield* reportMistakes(readBack, parameter, model, `${place}/readBack`);
  yield* toleranceMistakes(readBack, parameter, `${place}/readBack`);
  yield* askMistakes(readBack, driver, carries, `${place}/readBack`);
}

function* rampMistakes({ step, everyMs }: Ramp, { range }: Parameter, place: string): Mistakes {
  if (range.kind === 'list' || range.kind === 'toggle')
    return yield {
      check: 'ramp-on-list',
      place,
      message: `a ${range.kind} has nothing between two values`,
      mend: 'remove it',
    };
  const travel = range.max - range.min;
  const isWhole = range.kind !== 'stepped' || Math.abs(step / range.step - Math.round(step / range.step)) < 1e-9;
  if (step >= travel || !isWhole)
    yield {
      check: 'ramp-step',
      place: `${place}/step`,
      message: isWhole
        ? `is ${step}, the whole travel is ${travel}`
        : `is ${step}, and the range has steps of ${'step' in range ? range.step : step}`,
      mend: isWhole ? 'make it smaller, or remove the ramp' : 'make it a whole number of those',
    };
  const seconds = (travel / step) * (everyMs / 1000);
  if (seconds > LONGEST_RAMP_SECONDS)
    yield {
      check: 'ramp-too-long',
      place,
      message: `takes ${Number(seconds.toPrecision(3))} seconds from end to end`,
      mend: `at most ${LONGEST_RAMP_SECONDS}: make the steps larger or faster`,
    };
}

function* reportMistakes(readBack: ReadBack, parameter: Parameter, model: Model, place: string): Mistakes {
  const report = model.reports.find(({ id }) => id === readBack.report);
  const count = (item: Parameter | Report) => valueCount(item.scope, model, {});
  const why = !report
    ? `the model has no report ${readBack.report}: it has ${model.reports.map(({ id }) => id).join(', ') || 'none'}`
    : count(report) !== count(parameter)
      ? `has ${count(report)} values, the parameter has ${count(parameter)}`
      : lacks(report, parameter);
  if (why)
    yield {
      check: 'read-back-report',
      place: `${place}/report`,
      message: why,
      mend: 'name the report that says what the device has of this parameter',
    };
}

/** What a report cannot say of a parameter, if there is such. */
function lacks(report: Report, parameter: Parameter): string | undefined {
  const wanted = listValues(parameter);
  const said = listValues(report);
  if (wanted || said) {
    const missing = wanted?.find((value) => !said?.includes(value));
    return wanted && missing === undefined ? undefined : `it never says ${JSON.stringify(missing ?? 'a number')}`;
  }
  const [from, to] = [parameter.range, report.range] as unknown as { min: number; max: number }[];
  return to!.min <= from!.min && to!.max >= from!.max
    ? undefined
    : `it says ${to!.min} to ${to!.max}, the parameter goes from ${from!.min} to ${from!.max}`;
}

function* toleranceMistakes({ tolerance }: ReadBack, { range }: Parameter, place: string): Mistakes {
  const isNumber = range.kind !== 'list' && range.kind !== 'toggle';
  const why =
    range.kind === 'continuous' && tolerance === undefined
      ? 'numbers between two steps of the wire are never said exactly'
      : tolerance !== undefined && !isNumber
        ? `a ${range.kind} is the same or another`
        : tolerance !== undefined && isNumber && tolerance >= (range.max - range.min) / 2
          ? `is ${tolerance}, the whole travel is ${range.max - range.min}`
          : undefined;
  if (why)
    yield {
      check: 'read-back-tolerance',
      place: tolerance === undefined ? place : `${place}/tolerance`,
      message: why,
      mend: isNumber ? 'say how far the report may be off' : 'remove it',
    };
}

function* askMistakes(
  { ask, withinMs }: ReadBack,
  driver: Driver,
  carries: Carries | undefined,
  place: string,
): Mistakes {
  if (ask) return yield* questionMistakes(ask, driver, carries, `${place}/ask`);
  const slowest = Math.max(0, ...(driver.polling ?? []).map(({ everyMs }) => everyMs));
  if (slowest >= withinMs)
    yield {
      check: 'read-back-late',
      place: `${place}/withinMs`,
      message: `is ${withinMs} ms, and the device is asked every ${slowest} ms`,
      mend: 'make it longer, or add ask',
    };
}
