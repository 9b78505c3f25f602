import t from 'tap';
import { compileExpression } from './expression.ts';

t.test('expressions are arithmetic on x', async (t) => {
  const CASES: [text: string, x: number, result: number][] = [
    ['x', 3, 3],
    ['2 + x * 3 - 4 / 2', 5, 15],
    ['-(x + 1) % 4', 6, -3],
    ['20 * log10(x / 1024)', 1024, 0],
    ['x == 0 ? 0 : x == 2 ? 1 : x < 1000 ? 2 : -1', 2, 1],
    ['x == 0 ? 0 : x == 2 ? 1 : x < 1000 ? 2 : -1', 1000, -1],
    ['x > 1 && x <= 3', 3, 1],
    ['!(x > 1) || x != 2', 2, 0],
    ['max(1, min(x, 10)) + pow(2, 3)', 99, 18],
    ['round(sqrt(x)) + floor(1.9) + ceil(0.1) + abs(-1) + sign(-5)', 16, 6],
    ['log2(x) + ln(exp(1)) + cos(0) + sin(0 * pi)', 8, 5],
  ];
  for (const [text, x, result] of CASES) t.equal(compileExpression(text)(x), result, text);
  t.equal(compileExpression('20 * log10(x)')(0), -Infinity);
  t.ok(Number.isNaN(compileExpression('sqrt(x)')(-1)));
});

t.test('nothing but arithmetic is taken', async (t) => {
  const CASES: [text: string, fault: string][] = [
    ['x +', 'syntax'],
    ['x; x', 'syntax'],
    ['x = 1', 'syntax'],
    ["'a' + x", 'syntax'],
    ['true', 'syntax'],
    ['[x]', 'syntax'],
    ['this', 'syntax'],
    ['x.constructor', 'syntax'],
    ['x["constructor"]', 'syntax'],
    ['x & 1', 'syntax'],
    ['min(x)', 'syntax'],
    ['y', 'name'],
    ['constructor', 'name'],
    ['toString(x)', 'name'],
    ['x.constructor("return 1")', 'name'],
    ['process.exit(1)', 'name'],
    [`${'('.repeat(100)}x${')'.repeat(100)}`, ''],
    [`${'-'.repeat(20)}x`, 'size'],
    [`x${' + 1'.repeat(60)}`, 'size'],
    [`x${' '.repeat(300)}`, 'size'],
  ];
  for (const [text, fault] of CASES)
    if (fault) t.throws(() => compileExpression(text), { code: 'DRIVER_INVALID', details: { fault } }, text);
    else t.equal(compileExpression(text)(7), 7, 'parentheses cost nothing');
});
