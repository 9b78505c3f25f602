import { AudioCloudError, type ErrorBody, type FixedInstanceState, type Value } from '@audiocloud/api';
import type { Actor, Step, Wake } from '../actors/actor.ts';
import { earliestMs, type Lease, leaseAt } from '../actors/lease.ts';
import {
  isCuedTape,
  type Tape,
  TAPE_AT_REST,
  type TapeFacts,
  type TapeReport,
  tapeStep,
  type TapeUse,
  transportValue,
} from './unit-tape.ts';
import { failed, isDue, type Retry, UNFAILED } from '../actors/retry.ts';

/*
 * One unit of hardware converging to what is wanted of it, as a pure function: power first, then every value that somebody
 * set; a tape stands before its power goes. Its engine says what is; when the unit comes back, or another engine has it, what differs is sent again.
 */

/** Power is asked for again when nothing confirmed it for so long. */
const CONFIRM_MS = 2_000;
/** A unit that got power may take so long to answer. */
export const WAKE_UP_MS = 5_000;
/** A tape that moves may take so long to stop before its power goes. */
export const STOP_MS = 5_000;
/** A unit that refused so often is taken as failed. */
const MOST_FAILURES = 3;

export type Values = Readonly<Record<string, readonly Value[]>>;

export interface UnitWish {
  power: boolean;
  /** When it goes off by itself; null while somebody has it. */
  powerUntilMs: number | null;
  /** Those that somebody set, in the order in which they are sent. */
  parameters: Values;
  setBy: string | undefined;
}

/** Who has a unit. */
export interface UnitHold extends Lease {
  /** The instance of the task. */
  instance: string;
  /** When it will be given back, as far as that can be told. */
  expectedMs?: number;
  /** How long it is to play, where that is known. */
  playSeconds?: number | undefined;
}

/** What its engine says of it. */
export interface UnitActual
  extends Pick<FixedInstanceState, 'state' | 'power' | 'phase' | 'parameters' | 'error' | 'isLeaseOver'> {
  /** When its phase ends by itself. */
  phaseEndsMs?: number;
  tape?: TapeReport | undefined;
}

/** What its model and its rack say of it. */
export interface UnitFacts {
  /** It stays on for so long when nobody has it any more: who plays again soon need not wait. */
  idleMs: number;
  /** Values that nobody sets who has it, `parameter index`: the power of others, and its own. */
  owned: ReadonlySet<string>;
  tape: TapeFacts | undefined;
}

export const NO_FACTS: UnitFacts = { idleMs: 5 * 60 * 1000, owned: new Set(), tape: undefined };

/** One value of a unit. */
export interface UnitValue {
  parameter: string;
  index: number;
  value: Value;
}

/** A value on its way. serial: of the effect that sends it. */
type Sending = UnitValue & { serial: number };

export interface UnitActor extends Retry {
  desired: UnitWish;
  hold: UnitHold | undefined;
  facts: UnitFacts;
  /**
   * On what somebody works, itself or a unit through which it has its power: it has no power from us, and nobody gets it.
   * Undefined: on none of them.
   */
  maintainedBy: string | undefined;
  /** We turned it off for that work: whoever is at it switches it from then on, and nobody else. */
  isLeftOff: boolean;
  tape: Tape;
  /** Null while no engine reaches it. */
  actual: UnitActual | null;
  /** The effect whose outcome is awaited, beside values. */
  running: 'power' | null;
  /** Values on their way, the last one of each: a ramp takes its time, and a newer value turns it. */
  sending: readonly Sending[];
  lastSerial: number;
  /** What the unit has, as far as it was told or sent since it came. */
  confirmed: Values;
  /** All that is wanted was confirmed since it came, or since somebody else has it. Values set later do not change that. */
  isInStep: boolean;
  /** It was told to go off, and did not say yet that it has: what it says meanwhile is of before. */
  isGoingOff: boolean;
  /** Until when power that was asked for may be confirmed. */
  confirmByMs: number | null;
  /** Until when a unit that got power may be silent. */
  awakeByMs: number | null;
  /** Until when a tape that still moves keeps power that nobody wants. */
  stopByMs: number | null;
}

export type UnitEvent =
  | { type: 'told'; actual: UnitActual; facts?: UnitFacts }
  /** No engine reaches it. */
  | { type: 'away' }
  /** Somebody has it from now on, with these values, or has it until another time. */
  | { type: 'hold'; hold: UnitHold; parameters: Values }
  | { type: 'release' }
  /** All that a task needs is there: its tape is to run, or not to run any more. */
  | { type: 'run'; isOn: boolean }
  /** Maintenance begins, or is over. of: see maintainedBy. */
  | { type: 'maintenance'; of: string | undefined }
  /** parameters: all values of those that are set. */
  | { type: 'set'; parameters: Values; by: string }
  /** The engine did what it was asked for. */
  | { type: 'done'; effect: UnitEffect & { kind: 'power' } }
  /** These the unit has, of those that were sent. error: of one that failed. */
  | { type: 'delivered'; serial: number; taken: readonly UnitValue[]; error?: ErrorBody }
  | { type: 'failed'; error: ErrorBody };

export type UnitEffect = { kind: 'power'; on: boolean } | { kind: 'set'; serial: number; values: readonly UnitValue[] };

export function newUnitActor(parameters: Values = {}, setBy?: string): UnitActor {
  return {
    desired: { power: false, powerUntilMs: null, parameters, setBy },
    hold: undefined,
    facts: NO_FACTS,
    maintainedBy: undefined,
    isLeftOff: false,
    tape: TAPE_AT_REST,
    actual: null,
    running: null,
    sending: [],
    lastSerial: 0,
    confirmed: {},
    isInStep: false,
    isGoingOff: false,
    confirmByMs: null,
    awakeByMs: null,
    stopByMs: null,
    ...UNFAILED,
  };
}

/** Values that are wanted and not confirmed. [any] */
export function valuesToSend(unit: UnitActor): UnitValue[] {
  const { desired, facts } = unit;
  const values = Object.entries(desired.parameters).flatMap(([parameter, values]) =>
    values.flatMap((value, index) => {
      const one = { parameter, index, value };
      return has(unit, one) || facts.owned.has(`${parameter} ${index}`) ? [] : [one];
    }),
  );
  // A tape that runs moves nothing before all else is as it is wanted.
  return [...values, ...transportToSend(unit)];
}

/** Of its tape. */
function transportToSend(unit: UnitActor): UnitValue[] {
  const { facts, tape } = unit;
  if (!facts.tape) return [];
  const one = { parameter: facts.tape.parameter, index: 0, value: transportValue(tape, facts.tape) };
  return has(unit, one) ? [] : [one];
}

/** It was confirmed, and nothing is on its way to the same place. */
const has = ({ confirmed, sending }: UnitActor, one: UnitValue): boolean =>
  confirmed[one.parameter]?.[one.index] === one.value && !sending.some((other) => isSamePlace(one, other));

/** It is to have power. [any] */
export const wantsPower = ({ desired, maintainedBy }: UnitActor): boolean =>
  desired.power && maintainedBy === undefined;

/** It has power, as was confirmed; or its power is not switched. [any] */
export const hasPower = ({ actual, isGoingOff }: UnitActor): boolean =>
  actual !== null && actual.power !== false && !isGoingOff;

/** It has power, and is warm. */
const isWarm = (actual: UnitActual | null): boolean =>
  actual !== null && actual.power !== false && (actual.phase ?? 'on') === 'on';

/** Power is confirmed, it is warm and had all its values: a task may play with it. [any] */
export const isReady = (unit: UnitActor): boolean => isWhole(unit) && (!unit.facts.tape || runs(unit));

/** As it was told to last, and as it says. */
const runs = (unit: UnitActor): boolean =>
  unit.tape.phase === 'running' && unit.actual?.tape?.doing === 'running' && transportToSend(unit).length === 0;

/** Nothing is missing but that its tape runs: it is to, once all other units of the task are as far. [any] */
export const isCued = (unit: UnitActor): boolean => {
  const { facts, tape, actual } = unit;
  return isWhole(unit) && (!facts.tape || isCuedTape(tape, facts.tape, actual?.tape, tapeUse(unit)));
};

/** What is wanted of its tape by who has it. [any] */
export const tapeUse = ({ hold }: UnitActor): TapeUse => ({ playSeconds: hold?.playSeconds });

const isWhole = (unit: UnitActor): boolean =>
  hasPower(unit) && isThere(unit.actual) && wantsPower(unit) && unit.isInStep;

/** It takes values: those that were sent before it was warm might be lost. [any] */
export const isThere = (actual: UnitActual | null): boolean =>
  actual?.state === 'ready' && isWarm(actual) && !actual.isLeaseOver;

/** Nobody should wait for it when another will do. [any] */
export function isFailed({ actual, awakeByMs, failures }: UnitActor): boolean {
  if (!actual || failures >= MOST_FAILURES) return true;
  // Without power it cannot answer.
  if (!isWarm(actual)) return actual.state === 'faulty' && actual.power !== false;
  return actual.state === 'faulty' || (actual.state === 'disconnected' && awakeByMs === null);
}

export const unitActor: Actor<UnitActor, UnitEvent, UnitEffect> = {
  step(before, event, nowMs) {
    const taken = onTape(expire(take(before, event, nowMs), nowMs), nowMs);
    return decide(inStep(stopping(before, taken, nowMs)), nowMs);
  },
  wakeAtMs(unit) {
    const { hold, desired, confirmByMs, awakeByMs, stopByMs, retryAtMs, running } = unit;
    const isTried = unit.actual && !running && nextEffect(unit);
    return earliestMs(
      hold?.untilMs,
      desired.powerUntilMs,
      confirmByMs,
      awakeByMs,
      stopByMs,
      isTried ? retryAtMs : null,
    );
  },
  laneOf: ({ kind }) => (kind === 'power' ? 'unit' : undefined),
  forgets: ({ type }) => type === 'away',
};

function take(unit: UnitActor, event: UnitEvent | Wake, nowMs: number): UnitActor {
  switch (event.type) {
    case 'told':
      return told(event.facts ? { ...unit, facts: event.facts } : unit, event.actual, nowMs);
    case 'run': {
      const phase = event.isOn ? 'running' : 'rest';
      // One that is rewound, or stops at its end, is so first.
      const isFree = unit.tape.phase === 'rest' || unit.tape.phase === 'running';
      return isFree && unit.tape.phase !== phase ? { ...unit, tape: { phase } } : unit;
    }
    case 'maintenance':
      return { ...unit, ...UNFAILED, maintainedBy: event.of, isLeftOff: false };
    case 'away':
      return {
        ...unit,
        ...UNFAILED,
        actual: null,
        running: null,
        sending: [],
        confirmed: {},
        isInStep: false,
        isGoingOff: false,
        confirmByMs: null,
      };
    case 'hold': {
      const { hold, parameters } = event;
      // Before an engine told the models nobody knows which values there are.
      const isNew =
        unit.hold?.holder !== hold.holder ||
        unit.hold.instance !== hold.instance ||
        Object.keys(unit.desired.parameters).length === 0;
      return {
        ...unit,
        ...UNFAILED,
        hold,
        desired: { power: true, powerUntilMs: null, parameters, setBy: hold.holder },
        isInStep: unit.isInStep && !isNew,
      };
    }
    case 'release':
      return released(unit, nowMs);
    case 'set': {
      const parameters = { ...unit.desired.parameters, ...event.parameters };
      return { ...unit, ...UNFAILED, desired: { ...unit.desired, parameters, setBy: event.by } };
    }
    case 'done': {
      const isStillWanted = event.effect.on === wantsPower(unit) && !isPowerAsWanted(unit, unit.actual);
      return { ...unit, running: null, confirmByMs: isStillWanted || unit.isGoingOff ? nowMs + CONFIRM_MS : null };
    }
    case 'delivered':
      return delivered(unit, event, nowMs);
    case 'failed':
      return { ...unit, running: null, ...failed(unit, event.error, nowMs) };
    case 'wake':
      return unit;
  }
}

function delivered(unit: UnitActor, event: UnitEvent & { type: 'delivered' }, nowMs: number): UnitActor {
  const { serial, taken, error } = event;
  // It may have one that failed all the same.
  const doubtful = error ? unit.sending.filter((one) => one.serial === serial) : [];
  const isLast = (one: UnitValue) => !unit.sending.some((other) => other.serial > serial && isSamePlace(one, other));
  return {
    ...unit,
    ...(error ? failed(unit, error, nowMs) : UNFAILED),
    sending: unit.sending.filter((one) => one.serial !== serial),
    confirmed: withValues(without(unit.confirmed, doubtful), taken.filter(isLast)),
  };
}

function told(unit: UnitActor, actual: UnitActual, nowMs: number): UnitActor {
  const { actual: before } = unit;
  const isReadyNow = isThere(actual);
  const wasReady = isThere(before);
  const gotPower = actual.power === true && isWarm(actual) && !(before?.power === true && isWarm(before));
  const isConfirmed = isPowerAsWanted(unit, actual);
  // One whose port was there while it had no power knows nothing of what was sent then.
  const hasForgotten = gotPower && before?.state === 'ready';
  // Whoever is asked for values answers; what becomes another one otherwise is not what was sent.
  const isByItself = isReadyNow && wasReady && !unit.running && unit.sending.length === 0;
  const confirmed = before && isByItself ? { ...unit.confirmed, ...changedOf(before, actual) } : unit.confirmed;
  // It is told again and again how long a phase lasts still: the first time counts.
  const isSamePhase = before?.phase === actual.phase && before?.phaseEndsMs !== undefined;
  return {
    ...unit,
    actual: isSamePhase ? { ...actual, phaseEndsMs: before.phaseEndsMs! } : actual,
    confirmed,
    isGoingOff: unit.isGoingOff && actual.power !== false,
    isLeftOff: unit.isLeftOff || (unit.maintainedBy !== undefined && unit.isGoingOff && actual.power === false),
    // What it has is known when it comes; what is sent later is confirmed by the answer.
    ...(isReadyNow === wasReady
      ? {}
      : { confirmed: isReadyNow && !hasForgotten ? actual.parameters : {}, isInStep: false, ...UNFAILED }),
    ...(isConfirmed && unit.confirmByMs !== null ? { confirmByMs: null, ...UNFAILED } : {}),
    awakeByMs: isReadyNow || actual.power === false ? null : gotPower ? nowMs + WAKE_UP_MS : unit.awakeByMs,
  };
}

/** Values that are told now and were not told before. */
function changedOf({ parameters: before }: UnitActual, { parameters }: UnitActual): Values {
  const isSame = (id: string) => JSON.stringify(before[id]) === JSON.stringify(parameters[id]);
  return Object.fromEntries(Object.entries(parameters).filter(([id]) => !isSame(id)));
}

function released(unit: UnitActor, nowMs: number): UnitActor {
  if (!unit.hold) return unit;
  const desired = { ...unit.desired, powerUntilMs: nowMs + unit.facts.idleMs };
  return { ...unit, hold: undefined, desired };
}

/** What has an end ends by itself. */
function expire(unit: UnitActor, nowMs: number): UnitActor {
  let next = unit;
  if (next.hold && !leaseAt(next.hold, nowMs)) next = released(next, nowMs);
  const { desired, awakeByMs, confirmByMs } = next;
  if (desired.powerUntilMs !== null && desired.powerUntilMs <= nowMs)
    next = { ...next, desired: { ...desired, power: false, powerUntilMs: null } };
  if (awakeByMs !== null && awakeByMs <= nowMs) next = { ...next, awakeByMs: null };
  if (confirmByMs !== null && confirmByMs <= nowMs && wantsPower(next) && next.actual?.power === true)
    next = { ...next, confirmByMs: null, isGoingOff: false };
  else if (confirmByMs !== null && confirmByMs <= nowMs) {
    const on = wantsPower(next) ? 'on' : 'off';
    const why = `Cannot turn it ${on}: that was not confirmed within ${CONFIRM_MS / 1000} s; look at its power`;
    const error = new AudioCloudError('FIXED_INSTANCE_UNAVAILABLE', why).toJSON();
    next = { ...next, confirmByMs: null, isGoingOff: false, ...failed(next, error, nowMs) };
  }
  return next;
}

function onTape(unit: UnitActor, nowMs: number): UnitActor {
  const { facts, actual, hold } = unit;
  if (!facts.tape) return unit;
  const report = isThere(actual) && wantsPower(unit) ? actual?.tape : undefined;
  const tape = tapeStep(unit.tape, facts.tape, report, hold && tapeUse(unit), nowMs);
  return tape === unit.tape ? unit : { ...unit, tape };
}

/** Its tape moves, and nobody wants its power any more. */
const isLeft = (unit: UnitActor): boolean =>
  keepsTape(unit) && unit.actual?.tape !== undefined && unit.actual.tape.doing !== 'idle';

/** It has a tape that can still be told to stop, and power that is to go. */
const keepsTape = (unit: UnitActor): boolean =>
  unit.facts.tape !== undefined && !wantsPower(unit) && unit.actual?.power === true && isThere(unit.actual);

/** A tape that is left moving has its time to stop, once. */
function stopping(before: UnitActor, unit: UnitActor, nowMs: number): UnitActor {
  if (isLeft(unit) && !isLeft(before)) return { ...unit, stopByMs: nowMs + STOP_MS };
  const isOver = !isLeft(unit) || (unit.stopByMs !== null && unit.stopByMs <= nowMs);
  return isOver && unit.stopByMs !== null ? { ...unit, stopByMs: null } : unit;
}

function inStep(unit: UnitActor): UnitActor {
  const hasAll = isThere(unit.actual) && hasPower(unit) && valuesToSend(unit).length === 0;
  return hasAll && !unit.isInStep ? { ...unit, isInStep: true } : unit;
}

/** What brings the unit nearer to what is wanted. */
function nextEffect(unit: UnitActor): UnitEffect | undefined {
  const { actual, confirmByMs, stopByMs, sending } = unit;
  // Nothing counts that is set while its lease is over; it is renewed within a second.
  if (actual?.isLeaseOver) return undefined;
  if (actual && !unit.isLeftOff && !isPowerAsWanted(unit, actual)) {
    const on = wantsPower(unit);
    // What it refuses again and again does not keep its power on.
    const stop = keepsTape(unit) && unit.failures < MOST_FAILURES ? setOf(unit, transportToSend(unit)) : undefined;
    if (stop) return stop;
    const isMoving = confirmByMs !== null || stopByMs !== null || sending.length > 0;
    const mustWait = isMoving || (on && actual.phase === 'cooling-down');
    return mustWait ? undefined : { kind: 'power', on };
  }
  if (!isThere(actual)) return undefined;
  return setOf(unit, valuesToSend(unit));
}

/** Sends values, but for those that are on their way. */
function setOf(unit: UnitActor, all: readonly UnitValue[]): UnitEffect | undefined {
  const values = all.filter((one) => !isOnItsWay(unit, one));
  return values.length > 0 ? { kind: 'set', serial: unit.lastSerial + 1, values } : undefined;
}

/** Its power is as it is wanted, as was confirmed; or is not switched. */
function isPowerAsWanted(unit: UnitActor, actual: UnitActual | null): boolean {
  if (!actual || actual.power === undefined) return true;
  const isOff = !actual.power && actual.phase !== 'powering-up';
  return wantsPower(unit) ? actual.power : isOff;
}

function decide(unit: UnitActor, nowMs: number): Step<UnitActor, UnitEffect> {
  const effect = unit.actual && !unit.running && isDue(unit, nowMs) ? nextEffect(unit) : undefined;
  if (!effect) return { state: unit, effects: [] };
  if (effect.kind === 'power') {
    const isGoingOff = unit.isGoingOff || !effect.on;
    return { state: { ...unit, running: 'power', retryAtMs: null, isGoingOff }, effects: [effect] };
  }
  const { serial, values } = effect;
  const others = unit.sending.filter((one) => !values.some((other) => isSamePlace(one, other)));
  const sending = [...others, ...values.map((value) => ({ ...value, serial }))];
  return { state: { ...unit, sending, lastSerial: serial, retryAtMs: null }, effects: [effect] };
}

const isSamePlace = (a: UnitValue, b: UnitValue) => a.parameter === b.parameter && a.index === b.index;

/** Whether a value was sent and its outcome is awaited. [any] */
export const isOnItsWay = ({ sending }: UnitActor, value: UnitValue): boolean =>
  sending.some((one) => isSamePlace(one, value) && one.value === value.value);

/** Nothing is known of these any more. */
function without(before: Values, values: readonly UnitValue[]): Values {
  const next: Record<string, readonly Value[]> = { ...before };
  for (const { parameter, index } of values) {
    const known = [...(next[parameter] ?? [])];
    delete known[index];
    next[parameter] = known;
  }
  return next;
}

function withValues(before: Values, values: readonly UnitValue[]): Values {
  const next: Record<string, readonly Value[]> = { ...before };
  for (const { parameter, index, value } of values)
    next[parameter] = Object.assign([...(next[parameter] ?? [])], { [index]: value });
  return next;
}
