import type { Control, Presence } from '@audiocloud/api';

/** A hand that moved something is shown for so long, though nobody said that it is still there. */
const MOVED_MS = 1_200;

interface Move {
  session: string;
  control: Control;
  untilMs: number;
}

/** Which controls the hands of others are on: those they say, and those that they moved just now. */
export class Hands {
  private moves = new Map<string, Move>();

  /** Somebody else set these. */
  moved(session: string, controls: readonly Control[], nowMs: number): void {
    for (const { instance, parameter, index } of controls) {
      const control = { instance, parameter, ...(index === undefined ? {} : { index }) };
      this.moves.set(`${instance} ${parameter} ${index}`, { session, control, untilMs: nowMs + MOVED_MS });
    }
  }

  /** The session whose hand is on a control; undefined when there is none but that of `me`. */
  on(wanted: Control, presence: readonly Presence[], me: string | undefined, nowMs: number): string | undefined {
    const holder = presence.find(({ session, touches }) => session !== me && touches.some((one) => isOn(one, wanted)));
    if (holder) return holder.session;
    for (const { session, control, untilMs } of this.moves.values())
      if (untilMs > nowMs && session !== me && isOn(control, wanted) && presence.some((one) => one.session === session))
        return session;
    return undefined;
  }

  /** Forgets what is over; how long until the next is, undefined when there is none. */
  sweep(nowMs: number): number | undefined {
    let next: number | undefined;
    for (const [key, { untilMs }] of this.moves) {
      if (untilMs <= nowMs) this.moves.delete(key);
      else next = Math.min(next ?? untilMs, untilMs);
    }
    return next === undefined ? undefined : next - nowMs;
  }
}

/** A hand on all values of a parameter is on each of them. */
function isOn(hand: Control, wanted: Control): boolean {
  return (
    hand.instance === wanted.instance &&
    hand.parameter === wanted.parameter &&
    (hand.index === undefined || wanted.index === undefined || hand.index === wanted.index)
  );
}
