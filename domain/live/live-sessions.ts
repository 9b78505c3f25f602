import type { LiveSession } from './live-session.ts';

/** The live sessions that are open. [control] */
export class LiveSessions {
  private readonly open = new Set<LiveSession>();

  get size(): number {
    return this.open.size;
  }

  add(session: LiveSession): void {
    this.open.add(session);
  }

  delete(session: LiveSession): void {
    this.open.delete(session);
  }

  /** Settles when each has answered what it was asked, and its client was sent away (1001). */
  async goAway(): Promise<void> {
    await Promise.all([...this.open].map((session) => session.goAway()));
  }
}
