import type { SurfaceControl } from '@audiocloud/api';
import { BEND, CONTROLLER, LOWER_HALF, NOTE_ON, NRPN, PROGRAM } from './control-reader.ts';
import type { SurfaceMessage } from './surface-message.ts';

const LARGEST_7 = 0x7f;
const LARGEST_14 = 0x3fff;

/** The numbers that a control has at its lower and its upper end. [any] */
export function controlSpan({ cc, nrpn, bend, osc }: SurfaceControl): readonly [number, number] {
  if (osc) return osc.range ?? [0, 1];
  const is14 = bend || cc?.bits === 14 || (nrpn && nrpn.bits !== 7);
  return [0, is14 ? LARGEST_14 : LARGEST_7];
}

/** A number as a control can hold it: whole and within bounds in MIDI, of its type in OSC. [any] */
export function heldNumber(control: SurfaceControl, number: number): number {
  const { osc } = control;
  if (!osc) return Math.max(0, Math.min(controlSpan(control)[1], Math.round(number)));
  const type = osc.type ?? 'f';
  if (type === 'f') return Math.fround(number);
  if (type === 'd') return number;
  return type === 'T' ? Number(isUpperHalf(control, number)) : Math.round(number);
}

/** Whether a number lies in the upper half of what a control has: pressed, or on. [any] */
export function isUpperHalf(control: SurfaceControl, number: number): boolean {
  const [low, high] = controlSpan(control);
  return (number - low) / (high - low) > 0.5 || (control.note !== undefined && number > 0);
}

/** What tells a control a number that it can hold (see heldNumber). [any] */
export function controlMessages(control: SurfaceControl, number: number): SurfaceMessage[] {
  const { cc, nrpn, bend, note, program, osc } = control;
  const upper = number >> 7;
  const lower = number & LARGEST_7;
  if (osc) {
    const type = osc.type ?? 'f';
    return [{ address: osc.address, arguments: [{ type, value: type === 'T' ? number > 0 : number }] }];
  }
  const send = (status: number, channel: number, ...data: number[]) => Uint8Array.of(status | (channel - 1), ...data);
  if (bend) return [send(BEND, bend.channel, lower, upper)];
  if (note) return [send(NOTE_ON, note.channel, note.note, number)];
  if (program) return [send(PROGRAM, program.channel, number)];
  if (cc) {
    if (cc.bits !== 14) return [send(CONTROLLER, cc.channel, cc.controller, number)];
    return [
      send(CONTROLLER, cc.channel, cc.controller, upper),
      send(CONTROLLER, cc.channel, cc.controller + LOWER_HALF, lower),
    ];
  }
  const { channel, number: which, bits } = nrpn!;
  const data: [number, number][] =
    bits === 7
      ? [[NRPN.dataUpper, number]]
      : [
          [NRPN.dataUpper, upper],
          [NRPN.dataLower, lower],
        ];
  return [[NRPN.upper, which >> 7] as const, [NRPN.lower, which & LARGEST_7] as const, ...data].map(
    ([controller, value]) => send(CONTROLLER, channel, controller, value),
  );
}
