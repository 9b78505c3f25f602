import { readFileSync } from 'node:fs';
import { ERRORS } from '@audiocloud/api';
import t from 'tap';

const text = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8');
const documented = new Map(
  [...text.matchAll(/^\| `([A-Z_]+)` *\| *(\d+) *\| *([a-z-]+) *\| *(.+?) *\|$/gm)].map(
    ([, code, status, retry, advice]) => [code!, { status: Number(status), retry, advice }],
  ),
);

t.test('docs/errors.md says of every code what the contract says', async (t) => {
  for (const [code, facts] of Object.entries(ERRORS)) t.same(documented.get(code), facts, code);
});

t.test('docs/errors.md names no code that is not in the contract', async (t) => {
  t.same(
    [...documented.keys()].filter((code) => !(code in ERRORS)),
    [],
  );
  // Codes in the text around the table, too.
  const named = [...text.matchAll(/[`"]([A-Z]+(?:_[A-Z]+)*)[`"]/g)].map(([, code]) => code!);
  t.same(
    named.filter((code) => !(code in ERRORS)),
    [],
  );
});

t.test('the codes are sorted, so that one is found and none stands twice', async (t) => {
  t.same([...documented.keys()], [...documented.keys()].sort());
  t.equal([...text.matchAll(/^\| `/gm)].length, documented.size);
});
