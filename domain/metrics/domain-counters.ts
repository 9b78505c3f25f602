import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Durations } from './durations.ts';

const LOOP_RESOLUTION_MS = 10;

/** A route as it was declared: parameters by name, so that there are few. */
export interface CountedRoute {
  method: string;
  route: string;
  durations: Durations;
  /** Answers by HTTP status. */
  statuses: Map<number, number>;
}

export interface CountedOperation {
  durations: Durations;
  failures: number;
}

/** What the domain counts of itself. [control] */
export class DomainCounters {
  readonly routes = new Map<string, CountedRoute>();
  readonly storeOperations = new Map<string, CountedOperation>();
  private readonly loop = monitorEventLoopDelay({ resolution: LOOP_RESOLUTION_MS });

  constructor() {
    this.loop.enable();
  }

  request(method: string, route: string, status: number, ms: number): void {
    const key = `${method} ${route}`;
    const counted = this.routes.get(key) ?? { method, route, durations: new Durations(), statuses: new Map() };
    this.routes.set(key, counted);
    counted.durations.add(ms);
    counted.statuses.set(status, (counted.statuses.get(status) ?? 0) + 1);
  }

  storeOperation(operation: string, hasFailed: boolean, ms: number): void {
    const counted = this.storeOperations.get(operation) ?? { durations: new Durations(), failures: 0 };
    this.storeOperations.set(operation, counted);
    counted.durations.add(ms);
    if (hasFailed) counted.failures++;
  }

  /** How late timers came since this was asked last, in seconds. */
  takeLoopDelay(): { p50: number; p99: number; max: number } {
    const seconds = (ns: number) => Math.max(0, ns / 1e9 - LOOP_RESOLUTION_MS / 1000);
    const { loop } = this;
    const found =
      loop.count === 0
        ? { p50: 0, p99: 0, max: 0 }
        : { p50: seconds(loop.percentile(50)), p99: seconds(loop.percentile(99)), max: seconds(loop.max) };
    loop.reset();
    return found;
  }

  close(): void {
    this.loop.disable();
  }
}
