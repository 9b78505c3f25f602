import { setTimeout as sleep } from 'node:timers/promises';
import { AudioCloudError } from '@audiocloud/api';
import type { FastifyBaseLogger } from 'fastify';
import type { LiveSessions } from '../live/live-sessions.ts';

export interface DrainOptions {
  /** From the start until new requests are refused, for those who look at readiness. */
  delaySeconds: number;
  /** What requests under way, and clients that are sent away, may take after that. */
  limitSeconds: number;
}

/** How often is looked whether everything is through. */
const LOOK_MS = 20;

/** The end of a domain that leaves nobody without an answer: not ready, then closed for new requests, then through. [control] */
export class Draining {
  private readonly sessions: LiveSessions;
  private readonly logger: FastifyBaseLogger;
  private readonly options: DrainOptions;
  private requests = 0;
  private stage: 'open' | 'not-ready' | 'closed' = 'open';

  constructor(options: DrainOptions, sessions: LiveSessions, logger: FastifyBaseLogger) {
    this.options = options;
    this.sessions = sessions;
    this.logger = logger;
  }

  /** The domain is going to end: nobody should come any more. */
  get hasBegun(): boolean {
    return this.stage !== 'open';
  }

  /** Requests that wait for their answer. */
  get underWay(): number {
    return this.requests;
  }

  /** A request begins. Throws DOMAIN_NOT_READY when no more are taken. Returns what is to be called at its end. */
  enter(): () => void {
    if (this.stage === 'closed')
      throw new AudioCloudError('DOMAIN_NOT_READY', 'Cannot take a request: the domain is ending');
    this.requests++;
    return () => void this.requests--;
  }

  /** Settles when all requests are answered and all live clients gone, or when the limit is over. */
  async run(): Promise<void> {
    const { delaySeconds, limitSeconds } = this.options;
    this.stage = 'not-ready';
    this.logger.info({ underWay: this.underWay, sessions: this.sessions.size, delaySeconds, limitSeconds }, 'draining');
    if (delaySeconds > 0) await sleep(delaySeconds * 1000, undefined, { ref: false });
    this.stage = 'closed';
    const until = performance.now() + limitSeconds * 1000;
    void this.sessions.goAway();
    while ((this.underWay > 0 || this.sessions.size > 0) && performance.now() < until) await sleep(LOOK_MS);
    const left = { underWay: this.underWay, sessions: this.sessions.size };
    if (left.underWay + left.sessions > 0) this.logger.warn(left, 'drained, not everybody was through in time');
    else this.logger.info('drained');
  }
}
