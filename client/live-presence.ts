import type { LiveMessage, Presence, TaskPermission } from '@audiocloud/api';
import type { Snapshot } from './task-copy.ts';

/** Who has a task open, this client among them. [any] */
export class LivePresence {
  private others = new Map<string, Presence>();
  private who: { session: string; permissions: readonly TaskPermission[] } | undefined;
  /** Sessions of this client: events of theirs are its own. */
  private sessions = new Set<string>();

  get list(): Presence[] {
    return [...this.others.values()];
  }
  get session(): string | undefined {
    return this.who?.session;
  }
  get permissions(): readonly TaskPermission[] {
    return this.who?.permissions ?? [];
  }

  isOwn({ origin }: { origin?: string }): boolean {
    return origin !== undefined && this.sessions.has(origin);
  }

  takeSnapshot({ session, permissions, presence }: Snapshot): void {
    this.who = { session, permissions };
    this.sessions.add(session);
    this.others = new Map(presence.map((one) => [one.session, one]));
  }

  take({ present, left }: Extract<LiveMessage, { type: 'presence' }>): void {
    for (const one of present) this.others.set(one.session, one);
    for (const session of left) this.others.delete(session);
  }
}
