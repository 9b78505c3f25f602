import { CONTROL_OSC_TYPES, RELATIVE_CODES, type RelativeCode, type SurfaceControl } from '@audiocloud/api';
import { BEND, CONTROLLER, clicksOf, LOWER_HALF, NOTE_OFF, NOTE_ON, NRPN, PROGRAM } from './control-reader.ts';
import { oscNumber, type SurfaceMessage } from './surface-message.ts';

/** What one move of a control told of it. */
export interface LearntControl {
  from: SurfaceControl;
  /** What said that a hand was on it. */
  touch?: SurfaceControl;
  /** fader: anything that goes from one end to the other. */
  kind: 'fader' | 'encoder' | 'button' | 'program';
  /** Of a button: it said when it was let go. */
  isReleased: boolean;
}

/** Nothing came for so long: the move is over. */
const QUIET_MS = 400;
/** A button, or a touch, that never ends does not hold up for longer. */
const LONGEST_HOLD_MS = 3000;
/** Fewer numbers are no move of a fader or an encoder. */
const FEWEST_MOVES = 3;
/** Clicks that an encoder says at once, at most; a fader that moves for long says more. */
const MOST_CLICKS = 15;
/** A fader does not say the same number again, encoders do. */
const REPEATS = 2;
/** Numbers at the upper end of what OSC controls send: 1, then those of 7 to 16 bits. */
const OSC_TOPS = [1, 100, 127, 255, 1023, 4095, 16383, 65535];

interface Candidate {
  control: SurfaceControl;
  numbers: number[];
  /** Place of its first message among all. */
  first: number;
}

/**
 * Finds out from what a surface says which control was moved, and how it speaks. [any]
 *
 * One move is enough: a fader from here to there, a button pressed and let go, an encoder to and fro.
 */
export class ControlLearner {
  private readonly messages: SurfaceMessage[] = [];
  private lastMs = 0;

  /** nowMs: of a clock that only goes forward. */
  take(message: SurfaceMessage, nowMs: number): void {
    if (!isOfControl(message)) return;
    this.messages.push(message);
    this.lastMs = nowMs;
  }

  /**
   * The control, once the move is over. 'turn-back': it looks like an encoder, of which both directions must be seen.
   * undefined: nothing yet.
   */
  learnt(nowMs: number): LearntControl | 'turn-back' | undefined {
    const quietMs = nowMs - this.lastMs;
    if (!this.messages.length || quietMs < QUIET_MS) return undefined;
    const candidates = candidatesOf(this.messages);
    const isHeld = candidates.some(({ control, numbers }) => control.note && numbers.at(-1)! > 0);
    return isHeld && quietMs < LONGEST_HOLD_MS ? undefined : chosen(candidates);
  }
}

/** Clock, active sensing, SysEx, pressure and text are of no control. */
function isOfControl(message: SurfaceMessage): boolean {
  if (!(message instanceof Uint8Array)) return oscNumber(message) !== undefined;
  return [NOTE_OFF, NOTE_ON, CONTROLLER, PROGRAM, BEND].includes(message[0]! & 0xf0) && message[0]! < 0xf0;
}

function candidatesOf(messages: readonly SurfaceMessage[]): Candidate[] {
  const found = new Map<string, Candidate>();
  const add = (control: SurfaceControl, number: number, first: number) => {
    const key = JSON.stringify(control);
    const one = found.get(key) ?? { control, numbers: [], first };
    one.numbers.push(number);
    found.set(key, one);
  };
  for (const [i, message] of messages.entries()) {
    if (!(message instanceof Uint8Array)) {
      add({ osc: { address: message.address } }, oscNumber(message)!, i);
      continue;
    }
    const channel = (message[0]! & 0x0f) + 1;
    const status = message[0]! & 0xf0;
    const [, data = 0, value = 0] = message;
    if (status === BEND) add({ bend: { channel } }, data | (value << 7), i);
    else if (status === PROGRAM) add({ program: { channel } }, data, i);
    else if (status === CONTROLLER) add({ cc: { channel, controller: data } }, value, i);
    else add({ note: { channel, note: data } }, status === NOTE_ON ? value : 0, i);
  }
  const all = [...found.values()];
  return oscWithRange(messages, withHalves(withNrpn(all)));
}

const ccOf = (candidates: readonly Candidate[], channel: number, controller: number) =>
  candidates.find(({ control: { cc } }) => cc?.channel === channel && cc.controller === controller);

/** The controllers of an NRPN become one candidate. */
function withNrpn(candidates: Candidate[]): Candidate[] {
  return candidates.flatMap((candidate): Candidate[] => {
    const { channel, controller } = candidate.control.cc ?? {};
    if (channel === undefined) return [candidate];
    const [upper, lower, data, fine] = [NRPN.upper, NRPN.lower, NRPN.dataUpper, NRPN.dataLower].map((number) =>
      ccOf(candidates, channel, number),
    );
    if (!upper || !lower || !data) return [candidate];
    if (controller !== NRPN.dataUpper)
      return [NRPN.upper, NRPN.lower, NRPN.dataLower, 100, 101].includes(controller!) ? [] : [candidate];
    const number = (upper.numbers.at(-1)! << 7) | lower.numbers.at(-1)!;
    const control: SurfaceControl = { nrpn: { channel, number, bits: fine ? 14 : 7 } };
    return [{ control, numbers: data.numbers, first: upper.first }];
  });
}

/** Controllers n and n + 32 that came together become one of 14 bits. */
function withHalves(candidates: Candidate[]): Candidate[] {
  const lowerOf = ({ control: { cc }, numbers }: Candidate) => {
    if (!cc || cc.controller >= LOWER_HALF) return undefined;
    const lower = ccOf(candidates, cc.channel, cc.controller + LOWER_HALF);
    return lower && lower.numbers.length * 2 >= numbers.length ? lower : undefined;
  };
  const lowers = candidates.map(lowerOf);
  return candidates.flatMap((candidate, i): Candidate[] => {
    if (lowers.includes(candidate)) return [];
    if (!lowers[i]) return [candidate];
    return [{ ...candidate, control: { cc: { ...candidate.control.cc!, bits: 14 } } }];
  });
}

/** The type of the argument, and the range that its numbers lie in. */
function oscWithRange(messages: readonly SurfaceMessage[], candidates: Candidate[]): Candidate[] {
  return candidates.map((candidate) => {
    const { osc } = candidate.control;
    if (!osc) return candidate;
    const said = messages.find((one) => !(one instanceof Uint8Array) && one.address === osc.address);
    const given = said instanceof Uint8Array ? undefined : said?.arguments[0]?.type;
    const type = CONTROL_OSC_TYPES.find((one) => one === given);
    const largest = Math.max(...candidate.numbers.map(Math.abs));
    const top = OSC_TOPS.find((one) => largest <= one) ?? largest;
    const low = Math.min(...candidate.numbers) < 0 ? -top : 0;
    const range: [number, number] | undefined = low === 0 && top === 1 ? undefined : [low, top];
    return {
      ...candidate,
      control: { osc: { ...osc, ...(type && type !== 'f' ? { type } : {}), ...(range ? { range } : {}) } },
    };
  });
}

/** On, and perhaps off: a button, or a hand. */
const isPress = ({ control: { note, cc, osc }, numbers: [on, off, ...more] }: Candidate) =>
  (note || cc || osc) !== undefined && on! > 0 && (off === undefined || off === 0) && !more.length;

function chosen(candidates: readonly Candidate[]): LearntControl | 'turn-back' {
  const main = candidates.toSorted((a, b) => b.numbers.length - a.numbers.length || a.first - b.first)[0]!;
  const { control, numbers, first } = main;
  if (control.program) return { from: control, kind: 'program', isReleased: false };
  if (control.note || (numbers.length < FEWEST_MOVES && isPress(main)))
    return { from: control, kind: 'button', isReleased: numbers.at(-1) === 0 };
  const code = control.cc && !control.cc.bits ? relativeCode(numbers) : undefined;
  if (code === 'turn-back') return code;
  const touch = candidates.find((one) => one !== main && one.first < first && isPress(one))?.control;
  return {
    from: code ? { cc: { ...control.cc!, relative: code } } : control,
    ...(touch ? { touch } : {}),
    kind: code ? 'encoder' : 'fader',
    isReleased: false,
  };
}

/** How an encoder counts; undefined: it is none. */
function relativeCode(values: readonly number[]): RelativeCode | 'turn-back' | undefined {
  if (values.length < FEWEST_MOVES) return undefined;
  const repeats = values.filter((value, i) => value === values[i - 1]).length;
  const fits = RELATIVE_CODES.filter((code) =>
    values.every((value) => {
      const clicks = clicksOf(value, code);
      return clicks !== 0 && Math.abs(clicks) <= MOST_CLICKS;
    }),
  );
  if (!fits.length || repeats < REPEATS) return undefined;
  return (
    fits.find((code) => [1, -1].every((way) => values.some((value) => Math.sign(clicksOf(value, code)) === way))) ??
    'turn-back'
  );
}
