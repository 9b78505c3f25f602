import type { StreamHeard } from '@audiocloud/api';
import type { PacketPlace } from './packet-history.ts';

/** Older ones are forgotten: 40 s of packets of 10 ms, of a client that tells no more. */
const MOST_PACKETS = 4_096;
/** What is under way is compared with what was up to so long ago: as long as a step down has to help. */
const COMPARED_MS = 1_500;
/** It becomes less only when, as fast as it does now, it is gone so soon: until then what is heard is late. */
const MOST_DRAIN_MS = 10_000;

interface Sent extends Pick<PacketPlace, 'run' | 'playId' | 'endFrame'> {
  bytes: number;
  atMs: number;
  isReplay: boolean;
}

/** How it stands with the way to a client. */
export interface WayState {
  /** So much longer than at best something has been under way. */
  lagMs: number;
  /** It becomes less by itself: what was sent before is on its way, and what is sent now is not too much. */
  isDraining: boolean;
}

/**
 * What was sent to one client and has not come there, by what the client says. [control]
 *
 * What waits in the socket tells little: systems, and proxies between, take megabytes of a stream before the first byte waits here.
 */
export class UnderWay {
  #sent: Sent[] = [];
  #bytes = 0;
  /** From sending to being told of, at best: the way there and back. */
  #leastMs = Number.POSITIVE_INFINITY;
  #before: { bytes: number; atMs: number }[] = [];
  /** Nothing is kept for a client that tells nothing. */
  #isTold = false;

  /** Bytes that were sent and did not arrive, as far as is known. */
  get bytes(): number {
    return this.#bytes;
  }

  /** isReplay: it was sent as fast as the socket takes it, so that nothing can be told from how long it takes. */
  sent({ run, playId, endFrame, bytes }: PacketPlace & { bytes: Uint8Array }, isReplay: boolean, nowMs: number): void {
    if (!this.#isTold) return;
    this.#sent.push({ run, playId, endFrame, bytes: bytes.length, atMs: nowMs, isReplay });
    this.#bytes += bytes.length;
    if (this.#sent.length > MOST_PACKETS) this.#bytes -= this.#sent.shift()!.bytes;
  }

  /** The client has all that comes before this frame. */
  arrived({ run, playId, streamFrame }: NonNullable<StreamHeard['next']>, nowMs: number): WayState {
    this.#isTold = true;
    // a frame of the task may be cut in two by a packet at another rate
    const last = this.#sent.findLastIndex(
      (one) => one.run === run && one.playId === playId && one.endFrame <= streamFrame + 1,
    );
    const arrived = this.#sent.splice(0, last + 1);
    for (const { bytes } of arrived) this.#bytes -= bytes;
    const newest = arrived.at(-1);
    if (newest) this.#leastMs = Math.min(this.#leastMs, nowMs - newest.atMs);
    const oldest = this.#sent[0];
    this.#before = this.#before.filter(({ atMs }) => nowMs - atMs <= COMPARED_MS);
    this.#before.push({ bytes: this.#bytes, atMs: nowMs });
    const before = this.#before[0]!;
    const drained = before.bytes - this.#bytes;
    const best = Number.isFinite(this.#leastMs) ? this.#leastMs : 0;
    return {
      lagMs: oldest && !oldest.isReplay ? Math.max(0, nowMs - oldest.atMs - best) : 0,
      isDraining: drained > 0 && this.#bytes * (nowMs - before.atMs) <= drained * MOST_DRAIN_MS,
    };
  }
}
