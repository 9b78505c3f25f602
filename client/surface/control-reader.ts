import type { RelativeCode, SurfaceControl } from '@audiocloud/api';
import { isMidi, oscNumber, type SurfaceMessage } from './surface-message.ts';

export const NOTE_OFF = 0x80;
export const NOTE_ON = 0x90;
export const CONTROLLER = 0xb0;
export const PROGRAM = 0xc0;
export const BEND = 0xe0;
/** The lower 7 bits of controller n are controller n + 32. */
export const LOWER_HALF = 32;
/** Controllers that say which NRPN, and its data: upper 7 bits, then lower. */
export const NRPN = { upper: 99, lower: 98, dataUpper: 6, dataLower: 38 } as const;
/** Selecting an RPN ends an NRPN. */
const RPN = [100, 101];

/** Reads one control out of all that its surface says. */
export interface ControlReader {
  /**
   * Where the control is now, in its own numbers (see controlSpan), or by how many clicks it was turned; undefined: it says
   * nothing of it, or not all yet.
   */
  take(message: SurfaceMessage): number | undefined;
  /** Half of a number is there and the other did not come: the number with 0 for it. Undefined: nothing waits. */
  settle(): number | undefined;
  readonly isWaiting: boolean;
}

/** Of a control. [any] */
export function controlReader(control: SurfaceControl): ControlReader {
  if (control.cc) return ccReader(control.cc);
  if (control.nrpn) return nrpnReader(control.nrpn);
  return whole((message) => simpleNumber(control, message));
}

function whole(take: ControlReader['take']): ControlReader {
  return { take, settle: () => undefined, isWaiting: false };
}

function simpleNumber({ bend, note, program, osc }: SurfaceControl, message: SurfaceMessage): number | undefined {
  if (bend) return isMidi(message, BEND, bend.channel) ? message[1]! | (message[2]! << 7) : undefined;
  if (program) return isMidi(message, PROGRAM, program.channel) ? message[1] : undefined;
  if (osc) return !(message instanceof Uint8Array) && message.address === osc.address ? oscNumber(message) : undefined;
  if (!note) return undefined;
  if (isMidi(message, NOTE_ON, note.channel)) return message[1] === note.note ? message[2] : undefined;
  return isMidi(message, NOTE_OFF, note.channel) && message[1] === note.note ? 0 : undefined;
}

/** Clicks of an encoder; right is above 0. [any] */
export function clicksOf(value: number, code: RelativeCode): number {
  if (code === 'offset') return value - 64;
  if (value < 64) return value;
  return code === 'sign-bit' ? 64 - value : value - 128;
}

function ccReader({ channel, controller, bits, relative }: NonNullable<SurfaceControl['cc']>): ControlReader {
  const read = (message: SurfaceMessage, number: number) =>
    isMidi(message, CONTROLLER, channel) && message[1] === number ? message[2] : undefined;
  if (bits === 14)
    return halves(
      (message) => read(message, controller),
      (message) => read(message, controller + LOWER_HALF),
    );
  return whole((message) => {
    const value = read(message, controller);
    return value !== undefined && relative ? clicksOf(value, relative) : value;
  });
}

function nrpnReader({ channel, number, bits }: NonNullable<SurfaceControl['nrpn']>): ControlReader {
  let upper: number | undefined;
  let lower: number | undefined;
  /** Data of our number; keeps in mind which number is meant. */
  const data = (message: SurfaceMessage, controller: number) => {
    if (!isMidi(message, CONTROLLER, channel)) return undefined;
    const [, which, value] = message as Uint8Array & [number, number, number];
    if (which === NRPN.upper) upper = value;
    else if (which === NRPN.lower) lower = value;
    else if (RPN.includes(which)) upper = undefined;
    const isOurs = upper === number >> 7 && lower === (number & 0x7f);
    return isOurs && which === controller ? value : undefined;
  };
  if (bits === 7) return whole((message) => data(message, NRPN.dataUpper));
  return halves(
    (message) => data(message, NRPN.dataUpper),
    (message) => data(message, NRPN.dataLower),
  );
}

/**
 * A number of 14 bits out of its halves. It is told with the lower half, which follows the upper one: a number made of a
 * new upper and an old lower half would be a jump that nobody made.
 */
function halves(
  upperOf: (message: SurfaceMessage) => number | undefined,
  lowerOf: (message: SurfaceMessage) => number | undefined,
): ControlReader {
  let upper: number | undefined;
  let isWaiting = false;
  return {
    take(message) {
      const newUpper = upperOf(message);
      if (newUpper !== undefined) {
        upper = newUpper;
        isWaiting = true;
        return undefined;
      }
      const lower = lowerOf(message);
      if (lower === undefined || upper === undefined) return undefined;
      isWaiting = false;
      return (upper << 7) | lower;
    },
    settle() {
      if (!isWaiting) return undefined;
      isWaiting = false;
      return upper! << 7;
    },
    get isWaiting() {
      return isWaiting;
    },
  };
}
