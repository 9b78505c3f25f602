import type { AudioNotice } from '@audiocloud/api';
import type { NodeRequest, TaskStream } from '../tasks/task-stream.ts';
import { placeOf, type PacketPlace } from './packet-history.ts';
import type { TaskStreams } from './task-streams.ts';

/** Of the two requests: the notice of the second says that it is done. */
const OLD = 1;
const NEW = 2;

/** A listener goes from one node to another on a stream of its own, in which the engine lets one fade out and the other in. [control] */
export class NodeChange {
  /** In their order; who takes them removes them. */
  readonly packets: (PacketPlace & { bytes: Uint8Array })[] = [];
  readonly #stream: TaskStream;
  #isOver = false;

  /** changed: there is more, or it is over. */
  constructor(streams: TaskStreams, from: NodeRequest, to: NodeRequest, changed: () => void) {
    this.#stream = streams.open({
      packet: (bytes) => {
        if (this.#isOver) return;
        this.packets.push({ ...placeOf(bytes), bytes });
        changed();
      },
      notice: (notice: AudioNotice) => {
        if (notice.token === OLD && notice.type === 'joined') return;
        this.end();
        changed();
      },
    });
    this.#stream.change({ ...from, token: OLD });
    this.#stream.change({ ...to, token: NEW });
  }

  /** What follows comes on the stream of all. */
  get isOver(): boolean {
    return this.#isOver;
  }

  end(): void {
    this.#isOver = true;
    this.#stream.end();
  }
}
