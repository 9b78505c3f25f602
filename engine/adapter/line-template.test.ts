import t from 'tap';
import { formatNumber, lineTemplate, parseNumber, templateProblem } from './line-template.ts';

t.test('lineTemplate writes the value in its place', async (t) => {
  t.equal(lineTemplate('GAIN {value}\r\n').write('-6.0'), 'GAIN -6.0\r\n');
});

t.test('lineTemplate matches whole lines only', async (t) => {
  const { match } = lineTemplate('LEVEL {value} dB');
  t.equal(match('LEVEL -12.5 dB'), '-12.5');
  for (const line of [
    'LEVEL -12.5',
    'xLEVEL 1 dB',
    'LEVEL 1 dBx',
    'LEVEL  dB'.replace('  ', ' '),
    '',
    `LEVEL ${'9'.repeat(65)} dB`,
  ])
    t.equal(match(line), undefined, JSON.stringify(line));
});

t.test('lineTemplate takes characters of regular expressions as themselves', async (t) => {
  const { match } = lineTemplate('(a+)+$ {value}');
  t.equal(match('(a+)+$ 1'), '1');
  t.equal(match(`${'a'.repeat(40)} 1`), undefined);
});

t.test('lineTemplate does not let head and tail overlap', async (t) => {
  t.equal(lineTemplate('AB{value}BA').match('ABA'), undefined);
});

t.test('templateProblem names what is wrong', async (t) => {
  t.equal(templateProblem('GAIN {value}'), undefined);
  t.match(templateProblem('GAIN'), /0 times/);
  t.match(templateProblem('{value}{value}'), /2 times/);
  t.match(templateProblem('{value} {gain}'), /brace/);
});

t.test('numbers are plain decimals', async (t) => {
  t.equal(parseNumber('-12.5'), -12.5);
  t.equal(parseNumber('+3'), 3);
  for (const text of ['', ' 1', '1e3', '0x10', 'NaN', 'Infinity', '1.', '.5', '1,5'])
    t.equal(parseNumber(text), undefined, text);
  t.equal(formatNumber(-0.04, 1), '0.0');
  t.equal(formatNumber(-6, 1), '-6.0');
  t.equal(formatNumber(12.34, 0), '12');
});
