import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AudioCloudError } from '@audiocloud/api';
import t from 'tap';
import { checkPlugin } from './check.ts';
import { checkPluginApart } from './check-apart.ts';
import { CHECKS } from './check-table.ts';

/*
 * How checks are run and told. That each finds what it is for: bad-plugins.ci.test.ts; that good plugins pass all of them:
 * there, in examples/plugins, and in plugins/.
 */
const folder = fileURLToPath(new URL('../../examples/plugins/c-tremolo', import.meta.url));

t.test('a package of which nothing can be read is reported, too', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'audiocloud-unreadable-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'package.json'), '{ "name": "low-pass" }');
  writeFileSync(join(folder, 'audiocloud.json'), 'no JSON');
  const { models } = checkPlugin(folder);
  t.equal(models[0]!.id, 'low-pass', 'named as the package');
  const failed = models[0]!.checks.filter(({ result }) => result === 'failed');
  t.same(
    failed.map(({ name }) => name),
    ['manifest', 'models', 'package-json', 'loads'],
  );
  t.ok(
    models[0]!.checks.every(({ result, detail }) => result !== 'skipped' || detail.length > 0),
    'what is skipped says why',
  );
});

t.test('what is asked for is run, and only that', async (t) => {
  const only = ['parameter-fuzz', 'manifest'];
  const seen: string[] = [];
  const here = checkPlugin(folder, { only, seed: 7 });
  const apart = await checkPluginApart(folder, {
    only,
    seed: 7,
    onCheck: ({ name }, model, { done, of }) => seen.push(`${model} ${name} ${done}/${of}`),
  });
  t.strictSame(apart, here, 'on a thread of its own the same');
  t.strictSame(seen, ['example:tremolo manifest 1/2', 'example:tremolo parameter-fuzz 2/2']);
  t.strictSame(checkPlugin(folder, { only, seed: 7 }), here, 'the same seed, the same report');
  const details = [7, 8].map((seed) => checkPlugin(folder, { only, seed }).models[0]!.checks[1]!.detail);
  t.not(details[0], details[1], 'another seed makes other changes');
  for (const run of [() => checkPlugin(folder, { only: ['gone'] }), () => checkPlugin(join(folder, 'gone'))])
    try {
      run();
      t.fail('it should be refused');
    } catch (error) {
      t.match((error as AudioCloudError).code, /REQUEST_INVALID|PLUGIN_MISSING/);
    }
});

t.test('docs/plugin-checks.md has a heading for every check, with area, title, why and how to mend', async (t) => {
  const text = readFileSync(new URL('../../docs/plugin-checks.md', import.meta.url), 'utf8');
  const pages = [...text.matchAll(/^### (\S+)\n\n\*(.+)\.\* ([^\n]+(?:\n(?!\n)[^\n]+)*)\n\n\*\*Mend:\*\* (\S.*)/gm)];
  t.strictSame(
    pages.map(([, id, title]) => `${id}: ${title}`),
    CHECKS.map(({ id, title }) => `${id}: ${title}`),
  );
  const areas = [...text.matchAll(/^## (.+)$|^### (\S+)$/gm)];
  let area = '';
  const found = areas.flatMap(([, heading, id]) => {
    area = heading?.toLowerCase() ?? area;
    return id ? [`${area}/${id}`] : [];
  });
  t.strictSame(
    found,
    CHECKS.map(({ id, area }) => `${area}/${id}`),
  );
});
