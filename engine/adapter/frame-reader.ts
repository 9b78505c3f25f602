import type { BytePage } from '@audiocloud/api';
import { isPage } from './byte-page.ts';

/**
 * Frames out of a byte stream, cut anywhere: each begins with the header of a page and is as long as that. [any]
 *
 * What begins like a frame and is none (tail or checksum wrong) is left byte by byte, so that the next one is found.
 * `garbage` counts bytes that belong to no frame.
 */
export class FrameReader {
  garbage = 0;
  private readonly pages: BytePage[];
  private bytes: Uint8Array = new Uint8Array(0);

  constructor(pages: readonly BytePage[]) {
    this.pages = [...pages];
  }

  *push(bytes: Uint8Array): Generator<Uint8Array> {
    const all = new Uint8Array(this.bytes.length + bytes.length);
    all.set(this.bytes);
    all.set(bytes, this.bytes.length);
    let at = 0;
    while (at < all.length) {
      const rest = all.subarray(at);
      const begun = this.pages.filter(({ header = [] }) =>
        header.every((byte, i) => i >= rest.length || rest[i] === byte),
      );
      const whole = begun.find((page) => isPage(page, rest.subarray(0, page.size)));
      if (whole) {
        yield rest.slice(0, whole.size);
        at += whole.size;
      } else if (begun.some(({ size }) => size > rest.length)) break;
      else {
        this.garbage++;
        at++;
      }
    }
    this.bytes = all.slice(at);
  }
}
