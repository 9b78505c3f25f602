import { asAudioCloudError, AudioCloudError, type Value } from '@audiocloud/api';
import type { DeviceClock } from '../device-clock.ts';
import type { Taken } from '../value-delivery.ts';
import { placeOf, type Place, type SafetyRules } from './safety-rules.ts';
import {
  asked,
  dropped,
  ended,
  type Ending,
  going,
  judge,
  type LastTurn,
  type SafetyState,
  stayEndMs,
  UNKNOWN,
  type Verdict,
} from './safety-state.ts';

/** Who set a value waits for so long that it may be sent, not longer. */
const PATIENCE_MS = 30_000;

/** When values of a unit were others last: outlives its connections. */
export type SafetyMemory = Map<Place, LastTurn>;

/** The way of one value through the gate. */
export interface Passage {
  /** Resolves when it may be sent, or when a newer one took its place. Rejects with VALUE_INTERLOCKED. */
  opened: Promise<'send' | 'replaced'>;
  /** What became of it; error: of what failed. unsent: it failed before a byte of it was written. */
  ended(taken: Taken | 'unsent' | undefined, error?: unknown): void;
}

interface Waiting {
  place: Place;
  name: string;
  serial: number;
  value: Value;
  /** Undefined: it waits as long as it takes. */
  untilMs: number | undefined;
  resolve(outcome: 'send' | 'replaced'): void;
  reject(error: Error): void;
}

export interface SafetyGateOptions {
  rules: SafetyRules;
  /** How messages call the unit. */
  unit: string;
  clock: DeviceClock;
  memory: SafetyMemory;
}

/**
 * Lets the values of one connection pass when the rules of the driver allow them. What only has to wait waits; what may not be
 * is refused, and the rule is named. Nothing is known of a device on a new connection. [control]
 */
export class SafetyGate {
  private readonly options: SafetyGateOptions;
  private readonly guarded: ReadonlySet<Place>;
  private state: SafetyState;
  private waiting: Waiting[] = [];
  private lastSerial = 0;
  private cancel: () => void = () => {};
  private failure: Error | undefined;

  constructor(options: SafetyGateOptions) {
    this.options = options;
    const { rules, memory } = options;
    this.guarded = new Set([
      ...rules.rules.flatMap((rule) => [rule.before.place, rule.must.place]),
      ...rules.stays.keys(),
    ]);
    this.state = new Map([...memory].map(([place, turn]) => [place, { ...UNKNOWN, turn }]));
  }

  /** Whether a rule speaks of this value. */
  guards(parameter: number, index: number): boolean {
    return this.guarded.has(placeOf(parameter, index));
  }

  /**
   * What stands for a value on a new connection until it may be sent: its safe value; what it has, as long as that must stay.
   */
  placeholder(parameter: number, index: number, value: Value): Value {
    const place = placeOf(parameter, index);
    if (!this.guarded.has(place)) return value;
    const { memory, rules, clock } = this.options;
    const turn = memory.get(place);
    if (turn?.value !== undefined && stayEndMs(rules, place, turn) > clock.now()) return turn.value;
    return rules.safe.get(place) ?? value;
  }

  /** A page with this value was written on a new connection; isSure: and taken. */
  held(parameter: number, index: number, value: Value, isSure: boolean): void {
    const place = placeOf(parameter, index);
    if (!this.guarded.has(place)) return;
    const { rules, clock } = this.options;
    this.state = ended(rules, this.state, place, 0, value, isSure ? 'has-it' : 'unknown', clock.now());
    this.remember(place);
    this.look();
  }

  /** For how long some value must stay as it is while nobody knows how that is: a page could not hold it. */
  unsureMs(): number {
    const { memory, rules, clock } = this.options;
    const ends = [...memory].map(([place, turn]) => (turn.value === undefined ? stayEndMs(rules, place, turn) : 0));
    return Math.max(0, ...ends.map((endMs) => endMs - clock.now()));
  }

  /** What must be sent before `values` may be, of those that become something else afterwards. */
  firsts(values: readonly (readonly Value[])[]): { parameter: number; index: number; value: Value }[] {
    const { rules, safe } = this.options.rules;
    const at = (place: Place) => place.split(' ').map(Number) as [number, number];
    const wanted = (place: Place) => values[at(place)[0]]![at(place)[1]]!;
    const places = new Set(
      rules
        .filter(({ atTurn, before, must }) => atTurn && before.isSo(wanted(before.place)) && safe.has(must.place))
        .map(({ must }) => must.place),
    );
    return [...places].map((place) => ({ parameter: at(place)[0], index: at(place)[1], value: safe.get(place)! }));
  }

  /**
   * A value that is to be sent. name: of its parameter. Those that are asked for at once know of each other: in whatever order
   * they stand, each waits for what it needs.
   */
  ask(parameter: number, index: number, name: string, value: Value, isPatient: boolean): Passage {
    const place = placeOf(parameter, index);
    const serial = ++this.lastSerial;
    const { promise: opened, resolve, reject } = Promise.withResolvers<'send' | 'replaced'>();
    const untilMs = isPatient ? undefined : this.options.clock.now() + PATIENCE_MS;
    opened.catch(() => {}); // whoever asked may have been told by the end of the connection
    if (this.failure) reject(this.failure);
    else {
      this.state = asked(this.state, place, serial, value);
      this.waiting.push({ place, name, serial, value, untilMs, resolve, reject });
      queueMicrotask(() => this.look());
    }
    return { opened, ended: (taken, error) => this.ended(place, serial, value, taken, error) };
  }

  /** Refuses what waits because somebody set it. */
  giveUp(error: Error): void {
    const given = this.waiting.filter(({ untilMs }) => untilMs !== undefined);
    for (const one of given) this.drop(one, () => one.reject(error));
    this.look();
  }

  /** Refuses all that waits and all that comes. What is under way may be with the device: the next connection knows that. */
  end(error: Error): void {
    if (this.failure) return;
    this.cancel();
    this.failure = error;
    const { clock, memory } = this.options;
    for (const [place, { moving }] of this.state)
      if (moving.some(({ isGoing }) => isGoing)) memory.set(place, { value: undefined, atMs: clock.now() });
    for (const one of this.waiting) one.reject(error);
    this.waiting = [];
  }

  private ended(place: Place, serial: number, value: Value, taken: Taken | 'unsent' | undefined, error: unknown): void {
    if (this.failure) return;
    const { rules, clock } = this.options;
    // A newer one of the same place says what the device has; until then both may be.
    if (taken === 'replaced') this.state = dropped(this.state, place, serial);
    else {
      const ending: Ending = taken === 'unsent' ? 'kept' : taken ? 'has-it' : endingOf(error);
      this.state = ended(rules, this.state, place, serial, value, ending, clock.now());
    }
    this.remember(place);
    this.look();
  }

  private remember(place: Place): void {
    const { turn } = this.state.get(place)!;
    if (turn) this.options.memory.set(place, turn);
  }

  /** Looks at all that waits again, in the order in which it was asked for. */
  private look(): void {
    this.cancel();
    const { clock, rules } = this.options;
    const times: number[] = [];
    let isRefused = false;
    for (const one of [...this.waiting]) {
      const { place, serial, value, untilMs } = one;
      if (!this.waiting.includes(one)) continue;
      const nowMs = clock.now();
      const verdict = judge(rules, this.state, place, value, nowMs);
      const endMs = verdict.kind === 'wait' ? Math.max(nowMs, verdict.untilMs ?? 0) : nowMs;
      if (verdict.kind === 'refuse' || (verdict.kind === 'wait' && untilMs !== undefined && endMs >= untilMs)) {
        this.drop(one, () => one.reject(this.refusal(one, verdict, nowMs)));
        isRefused = true;
        continue;
      }
      // A newer one that is not refused takes the place of those that wait still.
      for (const older of this.waiting)
        if (older.place === place && older.serial < serial) this.drop(older, () => older.resolve('replaced'));
      if (verdict.kind === 'send') {
        this.waiting = this.waiting.filter((other) => other !== one);
        this.state = going(rules, this.state, place, serial, value, nowMs);
        one.resolve('send');
      } else times.push(...[verdict.untilMs, untilMs].filter((ms) => ms !== undefined));
    }
    // What waited for one that is not sent now waits for nothing.
    if (isRefused) this.look();
    if (isRefused || times.length === 0) return;
    this.cancel = clock.after(Math.max(0, Math.min(...times) - clock.now()), () => this.look());
  }

  private drop(one: Waiting, tell: () => void): void {
    this.waiting = this.waiting.filter((other) => other !== one);
    this.state = dropped(this.state, one.place, one.serial);
    tell();
  }

  private refusal({ name, value }: Waiting, verdict: Verdict, nowMs: number): AudioCloudError {
    const { unit } = this.options;
    const { rule, why } = verdict as Exclude<Verdict, { kind: 'send' }>;
    const left =
      verdict.kind === 'wait' && verdict.untilMs ? `, ${((verdict.untilMs - nowMs) / 1000).toFixed(1)} s are left` : '';
    return new AudioCloudError(
      'VALUE_INTERLOCKED',
      `Cannot set ${name} of ${unit} to ${JSON.stringify(value)}: rule "${rule}": ${why}${left}`,
      { instance: unit, parameter: name, rule },
    );
  }
}

/** What the device has after an error: these say that it did not take the value; all else may be anything. */
function endingOf(error: unknown): Ending {
  const { code } = asAudioCloudError(error);
  return code === 'VALUE_REFUSED' || code === 'DRIVER_INVALID' || code === 'PARAMETER_VALUE' ? 'kept' : 'unknown';
}
