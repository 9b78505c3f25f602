import t from 'tap';
import { LineReader } from './line-reader.ts';

const read = (reader: LineReader, ...chunks: string[]) =>
  chunks.flatMap((chunk) => [...reader.push(Buffer.from(chunk, 'latin1'))]);

t.test('LineReader joins pieces and splits lines', async (t) => {
  t.same(read(new LineReader(), 'LEV', 'EL 1\r', '\nLEVEL 2\nLEV'), ['LEVEL 1', 'LEVEL 2']);
  t.same(read(new LineReader('\r\n'), 'a\nb\r', '\nc\r\n'), ['a\nb', 'c']);
  t.same(read(new LineReader('\r'), 'a\rb\r'), ['a', 'b']);
});

t.test('LineReader drops and counts what never ends, and goes on', async (t) => {
  const reader = new LineReader();
  t.same(read(reader, 'x'.repeat(5000), '\nLEVEL 3\n'), ['', 'LEVEL 3']);
  t.equal(reader.garbage, 5000);
});
