import type { Control, LiveMessage, Presence } from '@audiocloud/api';
import type { Cancel, Clock } from '../clock/clock.ts';

export type PresenceMessage = Extract<LiveMessage, { type: 'presence' }>;

/** Who comes, goes and touches within this time is told of in one message: 500 clients may come at once. */
const GATHER_MS = 30;
/** One client's hands at once. */
const MOST_TOUCHES = 32;

interface Member {
  presence: Presence;
  tell(message: PresenceMessage): void;
  /** Of each touch, by control. */
  expiries: Map<string, Cancel>;
}

const keyOf = ({ instance, parameter, index }: Control) => `${instance} ${parameter} ${index ?? ''}`;

/** Who has one task open, and what their hands are on. It is in memory only. [control] */
export class TaskPresence {
  readonly #clock: Clock;
  readonly #members = new Map<string, Member>();
  readonly #changed = new Set<string>();
  readonly #left = new Set<string>();
  #cancelTelling: Cancel | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isEmpty(): boolean {
    return this.#members.size === 0;
  }

  get list(): Presence[] {
    return [...this.#members.values()].map(({ presence }) => presence);
  }

  /** tell: gets what changes from now on. */
  join(who: Pick<Presence, 'session' | 'principal' | 'permissions'>, tell: Member['tell']): void {
    const presence = { ...who, since: this.#clock.now(), touches: [] };
    this.#members.set(who.session, { presence, tell, expiries: new Map() });
    this.#change(who.session);
  }

  leave(session: string): void {
    const member = this.#members.get(session);
    if (!member) return;
    for (const cancel of member.expiries.values()) cancel();
    this.#members.delete(session);
    this.#changed.delete(session);
    this.#left.add(session);
    if (this.isEmpty) this.#forget();
    else this.#tellSoon();
  }

  name(session: string, name: string): void {
    const member = this.#members.get(session);
    if (!member || member.presence.name === name) return;
    member.presence = { ...member.presence, name };
    this.#change(session);
  }

  /** A hand on a control for so long, or until it is said again; 0 takes it away. Of too many the oldest is let go. */
  touch(session: string, control: Control, seconds: number): void {
    const member = this.#members.get(session);
    if (!member) return;
    const key = keyOf(control);
    member.expiries.get(key)?.();
    member.expiries.delete(key);
    const others = member.presence.touches.filter((touch) => keyOf(touch) !== key);
    const until = Math.round(this.#clock.now() + seconds * 1000);
    const touches = seconds === 0 ? others : [...others, { ...control, until }];
    if (touches.length === 0 && member.presence.touches.length === 0) return;
    if (seconds > 0)
      member.expiries.set(
        key,
        this.#clock.after(seconds * 1000, () => this.touch(session, control, 0)),
      );
    member.presence = { ...member.presence, touches };
    this.#change(session);
    if (touches.length > MOST_TOUCHES) this.touch(session, controlOf(touches[0]!), 0);
  }

  /** Nobody is there to be told. */
  #forget(): void {
    this.#cancelTelling?.();
    this.#cancelTelling = undefined;
    this.#changed.clear();
    this.#left.clear();
  }

  #change(session: string): void {
    this.#changed.add(session);
    this.#tellSoon();
  }

  #tellSoon(): void {
    this.#cancelTelling ??= this.#clock.after(GATHER_MS, () => this.#tell());
  }

  #tell(): void {
    this.#cancelTelling = undefined;
    const message: PresenceMessage = {
      type: 'presence',
      present: [...this.#changed].map((session) => this.#members.get(session)!.presence),
      left: [...this.#left],
    };
    this.#changed.clear();
    this.#left.clear();
    for (const { tell } of this.#members.values()) tell(message);
  }
}

function controlOf({ instance, parameter, index }: Control): Control {
  return { instance, parameter, ...(index === undefined ? {} : { index }) };
}
