import type { AudioData } from '../media/audio-data.ts';
import type { PluginMemory } from './plugin-memory.ts';

interface Loan {
  address: number;
  users: number;
}

/** Media in the memory of a plugin, where its instances read it; a piece is there once, whoever uses it. [control] */
export class LentMedia {
  readonly #owner: Pick<PluginMemory, 'alloc' | 'free' | 'views'>;
  readonly #loans = new Map<AudioData, Loan>();

  constructor(owner: Pick<PluginMemory, 'alloc' | 'free' | 'views'>) {
    this.#owner = owner;
  }

  /** The address of a piece, planar, each channel padded with zeros to a multiple of 4 frames. Throws INSTANCE_FAILED when there is no room. */
  take(media: AudioData): number {
    const loan = this.#loans.get(media);
    if (loan) {
      loan.users += 1;
      return loan.address;
    }
    const stride = (media.frames + 3) & ~3;
    const address = this.#owner.alloc(4 * stride * media.channels);
    const { f32 } = this.#owner.views;
    media.data.forEach((channel, c) => {
      const first = address / 4 + c * stride;
      f32.set(channel, first);
      f32.fill(0, first + media.frames, first + stride);
    });
    this.#loans.set(media, { address, users: 1 });
    return address;
  }

  /** Gives back what `take` gave; with the last one it is gone. */
  giveBack(media: AudioData): void {
    const loan = this.#loans.get(media);
    if (!loan || --loan.users > 0) return;
    this.#loans.delete(media);
    this.#owner.free(loan.address);
  }
}
