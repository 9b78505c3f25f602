import type { ListenRequest } from '../live-task.ts';
import type { Packet, StreamHeard } from '@audiocloud/api';

/** Where a packet belongs among those before it. */
export interface PacketPlace {
  /** Counts plays from 0. */
  play: number;
  /** Frames of the play between the last packet and this one, at the rate of the task. */
  lostFrames: number;
  /** So many of its frames came before. */
  repeatedFrames: number;
}

interface Play {
  run: number;
  playId: number;
  play: number;
  /** The first frame that has not come. */
  next: number;
}

/** Plays of which late packets are still known as such. */
const PLAYS_KNOWN = 16;

/** Finds what came twice and what did not come, by the places of packets: their serials belong to a format. */
export class PlayOrder {
  /** Counted by the length of the packets that came after them. */
  lostPackets = 0;
  #plays: Play[] = [];
  #count = 0;

  take({ run, playId, streamFrame, frames, sampleRate, positionRate }: Packet): PacketPlace | 'repeated' {
    // a packet of opus may have a part of a frame of the task
    const length = Math.round((frames * positionRate) / sampleRate);
    const end = streamFrame + length;
    const known = this.#plays.find((one) => one.run === run && one.playId === playId);
    if (!known) {
      this.#plays.push({ run, playId, play: this.#count, next: end });
      if (this.#plays.length > PLAYS_KNOWN) this.#plays.shift();
      return { play: this.#count++, lostFrames: 0, repeatedFrames: 0 };
    }
    if (end <= known.next || known !== this.#plays.at(-1)) return 'repeated';
    const lostFrames = Math.max(0, streamFrame - known.next);
    const repeatedFrames = Math.max(0, known.next - streamFrame);
    known.next = end;
    // what a change of nodes or a rounded place leaves out is no packet
    this.lostPackets += Math.round(lostFrames / Math.max(1, length));
    return { play: known.play, lostFrames, repeatedFrames };
  }

  /** The first frame that did not come. */
  get next(): StreamHeard['next'] {
    const last = this.#plays.at(-1);
    return last && { run: last.run, playId: last.playId, streamFrame: last.next };
  }

  /** What asks for it. */
  from(): Pick<ListenRequest, 'from'> {
    return this.next ? { from: this.next } : {};
  }

  /** The run and play id of a play that was counted; the last ones are known. */
  playOf(play: number): { run: number; playId: number } | undefined {
    const found = this.#plays.find((one) => one.play === play);
    return found && { run: found.run, playId: found.playId };
  }
}
