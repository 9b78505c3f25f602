import { readFileSync } from 'node:fs';
import t from 'tap';
import { CHECKS } from '../../plugin/check-table.ts';
import { CONDUCT_CHECKS } from './check-table.ts';

t.test('docs/adapter-checks.md has a heading for every check, with title, why and how to mend', async (t) => {
  const text = readFileSync(new URL('../../../docs/adapter-checks.md', import.meta.url), 'utf8');
  const pages = [...text.matchAll(/^### (\S+)\n\n\*(.+)\.\* ([^\n]+(?:\n(?!\n)[^\n]+)*)\n\n\*\*Mend:\*\* (\S.*)/gm)];
  t.strictSame(
    pages.map(([, id, title]) => `${id}: ${title}`),
    CONDUCT_CHECKS.map(({ id, title }) => `${id}: ${title}`),
  );
});

t.test('no name stands in two tables', async (t) => {
  const names = [...CHECKS, ...CONDUCT_CHECKS].map(({ id }) => id);
  t.equal(new Set(names).size, names.length);
});
