import type { MemoryViews } from './memory-views.ts';

/** Bytes of a guard; one stands before each piece of memory that the host took, one behind it. */
export const GUARD_BYTES = 16;
/** Nothing that a plugin computes looks like it: as floats, four numbers of very different size. */
const PATTERN = [0x5afeb10c, 0xacc0fade, 0x1dea11ed, 0xfee1dead] as const;

/**
 * The guards around the memory that the host took from a plugin's heap. [control]
 *
 * A plugin that writes over one has lost its way: whatever else lies in its memory is not to be trusted any more.
 */
export class Guards {
  readonly #pieces = new Map<number, number>();
  #rest: IterableIterator<[address: number, bytes: number]> = this.#pieces.entries();

  /** Bytes to take for `bytes` bytes and their guards. */
  static around(bytes: number): number {
    return ((bytes + 15) & ~15) + 2 * GUARD_BYTES;
  }

  /** Puts guards into memory that was taken at `raw`; returns the address of what they guard. */
  set(views: MemoryViews, raw: number, bytes: number): number {
    const address = raw + GUARD_BYTES;
    const held = (bytes + 15) & ~15;
    views.u32.set(PATTERN, raw >>> 2);
    views.u32.set(PATTERN, (address + held) >>> 2);
    this.#pieces.set(address, held);
    return address;
  }

  /** Forgets a piece; returns the address that is to be freed. */
  clear(address: number): number {
    this.#pieces.delete(address);
    return address - GUARD_BYTES;
  }

  /** Whether both guards of a piece are as they were. */
  areWhole({ u32 }: MemoryViews, address: number, bytes = this.#pieces.get(address)): boolean {
    return bytes !== undefined && isWhole(u32, address - GUARD_BYTES) && isWhole(u32, address + bytes);
  }

  get pieces(): number {
    return this.#pieces.size;
  }

  /** Looks at the next `count` pieces, in turn all of them; returns those whose guards are broken. */
  broken(views: MemoryViews, count: number): number[] {
    const found: number[] = [];
    for (let i = Math.min(count, this.#pieces.size); i > 0; i--) {
      const next = this.#rest.next();
      if (next.done) {
        this.#rest = this.#pieces.entries();
        continue;
      }
      const [address, bytes] = next.value;
      if (!this.areWhole(views, address, bytes)) found.push(address);
    }
    return found;
  }
}

function isWhole(u32: Uint32Array, address: number): boolean {
  const at = address >>> 2;
  return (
    u32[at] === PATTERN[0] && u32[at + 1] === PATTERN[1] && u32[at + 2] === PATTERN[2] && u32[at + 3] === PATTERN[3]
  );
}
