import t from 'tap';
import { incoming, outgoing } from './report-bytes.ts';

const bytes = (...values: number[]) => Uint8Array.from(values);

t.test('reports without numbers begin with 0, those with numbers with theirs', async (t) => {
  t.strictSame([...outgoing(bytes(0, 1, 2), {})], [0, 1, 2]);
  t.strictSame([...outgoing(bytes(7, 1, 2), { numberedReports: true })], [7, 1, 2]);
  t.strictSame([...incoming(bytes(1, 2), {})], [0, 1, 2]);
  t.strictSame([...incoming(bytes(7, 1), { numberedReports: true })], [7, 1]);
});

t.test('a short report is filled with zeros', async (t) => {
  t.strictSame([...outgoing(bytes(0, 1), { reportBytes: 4 })], [0, 1, 0, 0, 0]);
  t.strictSame([...outgoing(bytes(0, 1, 2, 3, 4), { reportBytes: 4 })], [0, 1, 2, 3, 4]);
});

t.test('what is no report is refused, with what is wrong', async (t) => {
  for (const [report, settings, why] of [
    [bytes(), {}, '0 bytes'],
    [bytes(0), {}, '1 bytes'],
    [bytes(1, 2), {}, 'first byte is 1, wanted 0'],
    [bytes(0, 2), { numberedReports: true }, 'first byte is 0, wanted the number'],
    [bytes(0, 1, 2, 3), { reportBytes: 2 }, '3 bytes after its number'],
  ] as const)
    t.throws(() => outgoing(report, settings), { code: 'DRIVER_INVALID', message: new RegExp(why) }, why);
});
