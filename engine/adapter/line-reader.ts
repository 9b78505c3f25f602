/** No device of this kind says more in one line; what does is noise. */
const MAX_LINE_BYTES = 1024;

/**
 * Lines out of a byte stream, cut anywhere. A carriage return before a line feed is not part of the line. [any]
 *
 * Bytes are taken as Latin-1, so that noise stays noise. `garbage` counts bytes of lines that never ended in time.
 */
export class LineReader {
  garbage = 0;
  private text = '';
  private readonly delimiter: string;

  constructor(delimiter = '\n') {
    this.delimiter = delimiter;
  }

  *push(bytes: Uint8Array): Generator<string> {
    this.text += Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
    for (;;) {
      const end = this.text.indexOf(this.delimiter);
      if (end < 0) break;
      const line = this.text.slice(0, end);
      this.text = this.text.slice(end + this.delimiter.length);
      if (line.length > MAX_LINE_BYTES) this.garbage += line.length;
      else yield this.delimiter === '\n' && line.endsWith('\r') ? line.slice(0, -1) : line;
    }
    if (this.text.length > MAX_LINE_BYTES) {
      this.garbage += this.text.length;
      this.text = '';
    }
  }
}
