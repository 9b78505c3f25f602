import type { Value } from '@audiocloud/api';
import type { Place, Rule, SafetyRules } from './safety-rules.ts';

/*
 * What may be sent to a device now, as pure functions: [any]
 *
 * Each value of which a rule speaks has all that the device may have of it, and commands on their way. What a rule wants of a
 * value counts when the device cannot have anything else; what it forbids counts when the device might have it.
 */

/** A command on its way. isGoing: its bytes may be with the device. */
export interface Moving {
  serial: number;
  value: Value;
  isGoing: boolean;
}

/** When a value was another one last. value: undefined when nobody knows which it has now. */
export interface LastTurn {
  value: Value | undefined;
  atMs: number;
}

export interface ValueState {
  /** What the device may have; undefined: anything. */
  possible: readonly Value[] | undefined;
  moving: readonly Moving[];
  turn: LastTurn | undefined;
  /** By rule that wants something of it: since when it is so, in ms. */
  since: ReadonlyMap<Rule, number>;
}

export type SafetyState = ReadonlyMap<Place, ValueState>;

export const UNKNOWN: ValueState = { possible: undefined, moving: [], turn: undefined, since: new Map() };

/** refuse: why, and which rule. wait: until a time, or until something else has changed. */
export type Verdict =
  | { kind: 'send' }
  | { kind: 'wait'; untilMs: number | undefined; rule: string; why: string }
  | { kind: 'refuse'; rule: string; why: string };

const SEND: Verdict = { kind: 'send' };

const valueAt = (state: SafetyState, place: Place): ValueState => state.get(place) ?? UNKNOWN;

/** What a value is to be: that of the last command, or what it has. */
function targetOf({ possible, moving }: ValueState): Value | undefined {
  return moving.at(-1)?.value ?? (possible?.length === 1 ? possible[0] : undefined);
}

/** What becomes of a value that is to be sent. The state does hold its command already, as the last of its place or not. */
export function judge(rules: SafetyRules, state: SafetyState, place: Place, value: Value, nowMs: number): Verdict {
  const verdicts = [stayVerdict(rules, valueAt(state, place), place, value, nowMs)];
  for (const rule of rules.rules) {
    if (rule.before.place === place && rule.before.isSo(value)) verdicts.push(beforeVerdict(rule, state, place, nowMs));
    if (rule.must.place === place && !rule.must.isSo(value)) verdicts.push(leaveVerdict(rule, state));
  }
  return verdicts.reduce(worse, SEND);
}

function worse(a: Verdict, b: Verdict): Verdict {
  if (a.kind === 'refuse' || b.kind === 'send') return a;
  if (b.kind === 'refuse' || a.kind === 'send') return b;
  return (b.untilMs ?? 0) > (a.untilMs ?? 0) ? b : a;
}

function stayVerdict({ stays }: SafetyRules, before: ValueState, place: Place, value: Value, nowMs: number): Verdict {
  const stay = stays.get(place);
  if (!stay) return SEND;
  const rule = 'least time';
  // One that is under way would be turned before it was there.
  if (before.moving.some((one) => one.isGoing && one.value !== value))
    return { kind: 'wait', untilMs: undefined, rule, why: 'another value is on its way' };
  const { turn } = before;
  if (!turn || turn.value === value) return SEND;
  const untilMs = stayEndMs({ stays }, place, turn);
  if (untilMs <= nowMs) return SEND;
  return { kind: 'wait', untilMs, rule, why: `it stays as it is for ${Math.round(untilMs - turn.atMs)} ms` };
}

/** Until when a value stays as it is. */
export function stayEndMs({ stays }: Pick<SafetyRules, 'stays'>, place: Place, { value, atMs }: LastTurn): number {
  const stay = stays.get(place);
  if (!stay) return atMs;
  return atMs + (value === undefined ? Math.max(stay(true), stay(false)) : stay(value));
}

/** One that is to be so: the other must be so. */
function beforeVerdict(rule: Rule, state: SafetyState, place: Place, nowMs: number): Verdict {
  const { name, must, before, forMs, atTurn } = rule;
  const { possible } = valueAt(state, place);
  const isSoAlready = possible?.every((one) => before.isSo(one));
  if (atTurn && isSoAlready) return SEND;
  const other = valueAt(state, must.place);
  const target = targetOf(other);
  const why = forMs ? `${must.text} for ${forMs} ms` : must.text;
  if (target === undefined || !must.isSo(target)) return { kind: 'refuse', rule: name, why };
  const sinceMs = other.since.get(rule);
  if (sinceMs === undefined)
    return other.moving.length
      ? { kind: 'wait', untilMs: undefined, rule: name, why }
      : { kind: 'refuse', rule: name, why };
  return sinceMs + forMs <= nowMs ? SEND : { kind: 'wait', untilMs: sinceMs + forMs, rule: name, why };
}

/** One that is not to be so any more: nothing may be there, or be just turning, that needs it. */
function leaveVerdict({ name, before, must, atTurn }: Rule, state: SafetyState): Verdict {
  const other = valueAt(state, before.place);
  if (atTurn) {
    const isTurning = other.moving.some((one) => one.isGoing && before.isSo(one.value));
    return isTurning ? { kind: 'wait', untilMs: undefined, rule: name, why: `${before.id} is just turning` } : SEND;
  }
  const target = targetOf(other);
  const why = `${must.text} while ${before.id} is as it is; set that first`;
  if (target !== undefined && before.isSo(target)) return { kind: 'refuse', rule: name, why };
  if (other.possible && !other.possible.some((one) => before.isSo(one))) return SEND;
  return other.moving.length
    ? { kind: 'wait', untilMs: undefined, rule: name, why }
    : { kind: 'refuse', rule: name, why };
}

function withValue(state: SafetyState, place: Place, change: Partial<ValueState>): SafetyState {
  return new Map(state).set(place, { ...valueAt(state, place), ...change });
}

function withPossible(
  { rules }: SafetyRules,
  state: SafetyState,
  place: Place,
  possible: readonly Value[] | undefined,
  nowMs: number,
): SafetyState {
  const { since: before } = valueAt(state, place);
  const since = new Map<Rule, number>();
  for (const rule of rules)
    if (rule.must.place === place && possible?.every((one) => rule.must.isSo(one)))
      since.set(rule, before.get(rule) ?? nowMs);
  return withValue(state, place, { possible, since });
}

/** A value was asked for. */
export function asked(state: SafetyState, place: Place, serial: number, value: Value): SafetyState {
  const { moving } = valueAt(state, place);
  return withValue(state, place, { moving: [...moving, { serial, value, isGoing: false }] });
}

/** A command is not to be sent any more, and was not. */
export function dropped(state: SafetyState, place: Place, serial: number): SafetyState {
  const { moving } = valueAt(state, place);
  return withValue(state, place, { moving: moving.filter((one) => one.serial !== serial) });
}

/** Its bytes may be with the device from now on. */
export function going(
  rules: SafetyRules,
  state: SafetyState,
  place: Place,
  serial: number,
  value: Value,
  nowMs: number,
): SafetyState {
  const { moving, possible } = valueAt(state, place);
  const next = withValue(state, place, {
    moving: moving.map((one) => (one.serial === serial ? { ...one, isGoing: true } : one)),
  });
  return withPossible(rules, next, place, possible && [...new Set([...possible, value])], nowMs);
}

/** What became of a command that was going: the device has it, keeps what it had, or nobody knows. */
export type Ending = 'has-it' | 'kept' | 'unknown';

export function ended(
  rules: SafetyRules,
  state: SafetyState,
  place: Place,
  serial: number,
  value: Value,
  ending: Ending,
  nowMs: number,
): SafetyState {
  const before = valueAt(state, place);
  const next = dropped(state, place, serial);
  const others = before.moving.filter((one) => one.serial !== serial && one.isGoing).map((one) => one.value);
  if (ending === 'has-it') {
    const possible = [...new Set([value, ...others])];
    const turn = before.turn?.value === value ? before.turn : { value, atMs: nowMs };
    return withPossible(rules, withValue(next, place, { turn }), place, possible, nowMs);
  }
  if (ending === 'unknown') return withValue(next, place, { turn: { value: undefined, atMs: nowMs } });
  const { turn } = before;
  const possible = before.possible?.filter((one) => one !== value || others.includes(one) || turn?.value === one);
  return withPossible(rules, next, place, possible, nowMs);
}
