import {
  type Condition,
  type Driver,
  type Interlock,
  type Model,
  type Parameter,
  type Value,
  valueCount,
} from '@audiocloud/api';
import { pageOf } from '../page-of.ts';
import { safeValues } from '../safe-values.ts';
import { conditionText, isSo } from '../safety/safety-rules.ts';
import { listValues } from '../way-to-wire.ts';
import type { Mistakes } from './lint-checks.ts';

/** A domain that is killed leaves its hardware for 4 s; what is safe must be there a second later, writes and all. */
const LONGEST_SAFE_MS = 800;

/** Mistakes of interlocks and least times, once safe values are in order. [any] */
export function* safetyMistakes(driver: Driver, model: Model): Mistakes {
  yield* stayMistakes(driver, model);
  const { interlocks = [] } = driver;
  let isSound = true;
  for (const [i, interlock] of interlocks.entries())
    for (const mistake of interlockMistakes(interlock, i, interlocks, model)) {
      isSound = false;
      yield mistake;
    }
  if (!isSound) return;
  for (const [i, interlock] of interlocks.entries()) {
    yield* valueMistakes(interlock, i, driver, model);
    yield* cycleMistakes(interlock, i, interlocks, model);
  }
  yield* pageMistakes(driver, model);
  yield* lateMistakes(driver, model);
}

const parameterOf = (model: Model, id: string) => model.parameters.find((one) => one.id === id);

function* stayMistakes({ stays = {} }: Driver, model: Model): Mistakes {
  for (const id of Object.keys(stays)) {
    const parameter = parameterOf(model, id);
    if (parameter?.range.kind === 'toggle') continue;
    yield {
      check: 'stay-parameter',
      place: `/stays/${id}`,
      message: parameter
        ? `is a ${parameter.range.kind}: only toggles are on and off`
        : `the model has no parameter ${id}`,
      mend: parameter ? 'remove it; gapMs of its delivery keeps writes apart' : 'correct the name',
    };
  }
}

function* interlockMistakes(
  { name, before, must }: Interlock,
  i: number,
  interlocks: readonly Interlock[],
  model: Model,
): Mistakes {
  const place = `/interlocks/${i}`;
  if (interlocks.findIndex((one) => one.name === name) < i)
    yield {
      check: 'interlock-name',
      place: `${place}/name`,
      message: `there is a rule ${name} already`,
      mend: 'give it another name',
    };
  if (before.parameter === must.parameter)
    return yield {
      check: 'interlock-same',
      place: `${place}/must/parameter`,
      message: `${must.parameter} cannot wait for itself`,
      mend: 'name another parameter; stays keeps one as it is for a time',
    };
  for (const [side, condition] of [
    ['before', before],
    ['must', must],
  ] as const) {
    const parameter = parameterOf(model, condition.parameter);
    if (parameter) yield* conditionMistakes(condition, parameter, `${place}/${side}`);
    else
      yield {
        check: 'interlock-parameter',
        place: `${place}/${side}/parameter`,
        message: `the model has no parameter ${condition.parameter}: it has ${model.parameters.map((one) => one.id).join(', ') || 'none'}`,
        mend: 'correct the name',
      };
  }
}

function* conditionMistakes(condition: Condition, parameter: Parameter, place: string): Mistakes {
  const { is, atMost, atLeast } = condition;
  const { range } = parameter;
  const values = listValues(parameter);
  const isNumber = !values;
  const hasLimits = atMost !== undefined || atLeast !== undefined;
  const mend = isNumber ? 'give atMost or atLeast, within the range' : 'give is, with some of its values but not all';
  const given = is === undefined ? [] : [is].flat();
  const unknown = given.find((value) => values && !values.includes(value));
  const { min = 0, max = 0 } = range as { min?: number; max?: number };
  const why =
    isNumber === (is !== undefined) || isNumber !== hasLimits
      ? `does not say what a ${range.kind} is`
      : unknown !== undefined
        ? `${parameter.id} is never ${JSON.stringify(unknown)}`
        : isNumber
          ? (atLeast ?? min) > (atMost ?? max) || (atLeast ?? min) > max || (atMost ?? max) < min
            ? 'it can never be so'
            : (atLeast ?? min) <= min && (atMost ?? max) >= max
              ? 'it is always so'
              : undefined
          : values.every((value) => given.includes(value))
            ? 'it is always so'
            : undefined;
  if (why) yield { check: 'interlock-condition', place, message: why, mend };
}

/** Defaults and safe values must be as the rules want them: nobody would get there otherwise. */
function* valueMistakes({ name, before, must, atTurn }: Interlock, i: number, driver: Driver, model: Model): Mistakes {
  const place = `/interlocks/${i}`;
  const defaultsOf = (id: string) => [parameterOf(model, id)!.default].flat();
  const isBefore = isSo(before);
  const isMust = isSo(must);
  if (!atTurn && defaultsOf(before.parameter).some(isBefore) && !defaultsOf(must.parameter).every(isMust))
    yield {
      check: 'interlock-default',
      place,
      message: `the defaults of the model break it: ${before.parameter} is so, and ${must.parameter} is not`,
      mend: 'correct the rule, or a default of the model',
    };
  const safe = safeValues({ model, driver });
  const safeOf = (id: string): Value[] =>
    safe.filter(({ parameter }) => model.parameters[parameter]!.id === id).map(({ value }) => value);
  const [from, to] = [safeOf(before.parameter), safeOf(must.parameter)];
  const broken = (message: string, mend: string) => ({ check: 'interlock-safe', place, message, mend }) as const;
  if (atTurn && (to.length === 0 || !to.every(isMust)))
    yield broken(
      `rule ${name} begins with a safe value of ${must.parameter} on each connection, and ${to.length ? 'that is another' : 'there is none'}`,
      `add it to safe: ${conditionText(must)}`,
    );
  else if (from.some(isBefore) && !(to.length && to.every(isMust)))
    yield broken(
      `the safe value of ${before.parameter} breaks rule ${name}`,
      `choose another, or add to safe: ${conditionText(must)}`,
    );
  else if (!atTurn && to.length && !to.every(isMust) && (from.length === 0 || from.some(isBefore)))
    yield broken(
      `the safe value of ${must.parameter} cannot be sent while ${before.parameter} is as rule ${name} says`,
      `add ${before.parameter} to safe, with another value`,
    );
}

/** A rule that waits for itself over others. */
function* cycleMistakes(interlock: Interlock, i: number, interlocks: readonly Interlock[], model: Model): Mistakes {
  const next = ({ must }: Interlock) =>
    interlocks.filter(({ before }) => before.parameter === must.parameter && canBeBoth(before, must, model));
  const seen = new Set<Interlock>();
  const open = next(interlock);
  for (let one = open.pop(); one; one = open.pop()) {
    if (seen.has(one)) continue;
    seen.add(one);
    open.push(...next(one));
  }
  if (!seen.has(interlock) || interlocks.findIndex((one) => seen.has(one)) < i) return;
  yield {
    check: 'interlock-cycle',
    place: `/interlocks/${i}`,
    message: `waits for itself over ${[...seen].map(({ name }) => name).join(', ')}`,
    mend: 'take one of them out',
  };
}

function canBeBoth(a: Condition, b: Condition, model: Model): boolean {
  const values = listValues(parameterOf(model, a.parameter)!);
  if (values) return values.some((value) => isSo(a)(value) && isSo(b)(value));
  const least = Math.max(...[a, b].map(({ atLeast = Number.NEGATIVE_INFINITY }) => atLeast));
  return least <= Math.min(...[a, b].map(({ atMost = Number.POSITIVE_INFINITY }) => atMost));
}

/** A page holds all its values: one that may not be sent yet needs another in its place. */
function* pageMistakes(driver: Driver, model: Model): Mistakes {
  const guarded = [
    ...(driver.interlocks ?? []).flatMap(({ before, must }) => [before.parameter, must.parameter]),
    ...Object.keys(driver.stays ?? {}),
  ];
  const safe = new Set(safeValues({ model, driver }).map(({ parameter }) => model.parameters[parameter]!.id));
  for (const id of new Set(guarded))
    if (!safe.has(id) && [driver.parameters[id] ?? []].flat().some((mapping) => pageOf(mapping) !== undefined))
      yield {
        check: 'interlock-page',
        place: `/parameters/${id}`,
        message: 'stands in a page, and has no safe value that the page could hold until its rules allow another',
        mend: `add ${id} to safe`,
      };
}

function* lateMistakes(driver: Driver, model: Model): Mistakes {
  const { safe = {}, delivery = {}, stays = {}, interlocks = [], polling = [], gapMs = 0 } = driver;
  const ids = Object.keys(safe);
  if (ids.length === 0) return;
  // They pass all that waits, but not what is with the device.
  const exchangeMs = Math.max(0, ...[driver, ...polling].map((one) => one.await?.withinMs ?? 0));
  const ofOne = (id: string): number => {
    const { range, scope } = parameterOf(model, id)!;
    const count = valueCount(scope, model, {});
    const { ramp, gapMs: ownGapMs = 0 } = delivery[id] ?? {};
    const travel = 'max' in range ? range.max - range.min : 0;
    const { onMs = 0, offMs = 0 } = stays[id] ?? {};
    const values = [safe[id]!].flat();
    const stayMs = Math.max(values.includes(false) ? onMs : 0, values.includes(true) ? offMs : 0);
    return (ramp ? (travel / ramp.step) * ramp.everyMs : 0) + stayMs + ownGapMs + count * gapMs;
  };
  const waits = interlocks
    .filter(({ before }) => [safe[before.parameter] ?? []].flat().some(isSo(before)))
    .reduce((ms, { must: { forMs = 0 } }) => ms + forMs, 0);
  const ms = ids.reduce((sum, id) => sum + ofOne(id), waits + exchangeMs);
  if (ms > LONGEST_SAFE_MS)
    yield {
      check: 'safe-late',
      place: '/safe',
      message: `may take ${Math.ceil(ms)} ms with ramps, gaps, least times, rules and the longest answer that may be awaited before them`,
      mend: `at most ${LONGEST_SAFE_MS}: leave out what takes so long, or make it shorter`,
    };
}
