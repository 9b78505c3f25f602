/** How long an engine goes on without a command. [control] */
export class Lease {
  private timer: NodeJS.Timeout | undefined;
  private seconds: number;
  private readonly onEnd: () => void;

  constructor(seconds: number, onEnd: () => void) {
    this.seconds = seconds;
    this.onEnd = onEnd;
    this.renew();
  }

  /** A command came: the time begins again. */
  renew(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(this.onEnd, this.seconds * 1000);
  }

  extend(seconds: number): void {
    this.seconds = seconds;
    this.renew();
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}
