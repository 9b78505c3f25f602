import { HISTORY_SECONDS, PACKET_AT, type StreamBeginning, type StreamFrom } from '@audiocloud/api';

/** Where a packet lies in what is played. Frames of the task. */
export interface PacketPlace {
  run: number;
  playId: number;
  serial: number;
  startFrame: number;
  endFrame: number;
}

export interface KeptPacket extends PacketPlace {
  bytes: Uint8Array;
  /** When it came, by the clock of the domain. */
  atMs: number;
}

/** The number of the first packet to send, and what is missing before it. */
export interface FoundPacket {
  at: number;
  missed: NonNullable<StreamBeginning['replay']>['missed'];
  missedFrames?: number;
}

/** At most so much is kept of one stream: 60 s of 8 channels in flac24, or of 5 in f32, at 48 kHz. */
export const MOST_KEPT_BYTES = 64 * 2 ** 20;
/** Positions of resampled packets are not whole frames. */
const HALF_FRAME = 0.5;
/** Packets that are gone stay in the list until there are so many. */
const TRIM_AT = 512;

/** What the header of a packet says of its place. [any] */
export function placeOf(packet: Uint8Array): PacketPlace {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const u32 = (at: number) => view.getUint32(at, true);
  const startFrame = view.getFloat64(PACKET_AT.streamFrame, true);
  const frames = (u32(PACKET_AT.frames) * u32(PACKET_AT.positionRate)) / u32(PACKET_AT.sampleRate);
  return {
    run: u32(PACKET_AT.run),
    playId: u32(PACKET_AT.playId),
    serial: u32(PACKET_AT.serial),
    startFrame,
    endFrame: startFrame + frames,
  };
}

/** The last packets of one stream, numbered; they are shared by all who hear it. [control] */
export class PacketHistory {
  #packets: KeptPacket[] = [];
  /** Number of the first in the list. */
  #base = 0;
  /** Of these the first are gone. */
  #gone = 0;
  #bytes = 0;

  /** Number of the packet that comes next. */
  get next(): number {
    return this.#base + this.#packets.length;
  }

  /** Number of the oldest that is kept; `next` when none is. */
  get oldest(): number {
    return this.#base + this.#gone;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Undefined when it is no longer, or not yet, there. */
  at(number: number): KeptPacket | undefined {
    return number < this.oldest ? undefined : this.#packets[number - this.#base];
  }

  add(bytes: Uint8Array, atMs: number): void {
    this.#packets.push({ ...placeOf(bytes), bytes, atMs });
    this.#bytes += bytes.length;
    this.trim(atMs);
  }

  /** Forgets what is too old, or too much. */
  trim(nowMs: number): void {
    while (this.#gone < this.#packets.length) {
      const oldest = this.#packets[this.#gone]!;
      if (nowMs - oldest.atMs <= HISTORY_SECONDS * 1000 && this.#bytes <= MOST_KEPT_BYTES) break;
      this.#bytes -= oldest.bytes.length;
      this.#packets[this.#gone++] = FORGOTTEN;
    }
    if (this.#gone < TRIM_AT) return;
    this.#packets.splice(0, this.#gone);
    this.#base += this.#gone;
    this.#gone = 0;
  }

  /** The first packet for one who wants what came from there on. */
  find(from: StreamFrom, nowMs: number): FoundPacket {
    const kept = this.#packets.slice(this.#gone);
    if ('secondsAgo' in from) {
      const index = kept.findIndex(({ atMs }) => nowMs - atMs <= from.secondsAgo * 1000);
      return { at: index < 0 ? this.next : this.oldest + index, missed: 'nothing' };
    }
    const isPlay = ({ run, playId }: PacketPlace) => run === from.run && playId === from.playId;
    const last = kept.findLastIndex(isPlay);
    if (last < 0) {
      const isRun = kept.some(({ run }) => run === from.run);
      return { at: this.next, missed: kept.length === 0 ? 'not-kept' : isRun ? 'other-play' : 'other-run' };
    }
    const index = kept.findIndex(
      (one) =>
        isPlay(one) && ('serial' in from ? one.serial >= from.serial : one.endFrame > from.streamFrame + HALF_FRAME),
    );
    if (index < 0) return { at: this.oldest + last + 1, missed: 'nothing' };
    const first = kept[index]!;
    const at = this.oldest + index;
    if ('serial' in from) return { at, missed: first.serial > from.serial ? 'older' : 'nothing' };
    const missedFrames = first.startFrame - from.streamFrame;
    return missedFrames > HALF_FRAME ? { at, missed: 'older', missedFrames } : { at, missed: 'nothing' };
  }
}

const FORGOTTEN: KeptPacket = {
  run: 0,
  playId: 0,
  serial: 0,
  startFrame: 0,
  endFrame: 0,
  bytes: new Uint8Array(0),
  atMs: 0,
};
