import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { check, checkModel, PluginManifest, Task } from '@audiocloud/api';
import t from 'tap';

const root = fileURLToPath(new URL('..', import.meta.url));
const documents = [
  'README.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((name) => join('docs', name)),
].filter((path) => path.endsWith('.md'));

t.test('every link inside the project leads somewhere', async (t) => {
  for (const document of documents) {
    const text = readFileSync(join(root, document), 'utf8');
    for (const [, link] of text.matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)) {
      t.ok(existsSync(join(root, dirname(document), link!)), `${document}: ${link}`);
    }
  }
});

/** The anchors of a document, as GitHub makes them of its headings. */
const anchors = (text: string) =>
  [...text.matchAll(/^#+ +(.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

t.test('every link to a part of a document leads to its heading', async (t) => {
  for (const document of documents) {
    const text = readFileSync(join(root, document), 'utf8');
    for (const [, path, anchor] of text.matchAll(/\]\((?!https?:)([^)#]*)#([^)]+)\)/g)) {
      const other = path ? readFileSync(join(root, dirname(document), path), 'utf8') : text;
      t.ok(anchors(other).includes(anchor!), `${document}: ${path}#${anchor}`);
    }
  }
});

t.test('every file named in code marks exists', async (t) => {
  const places = [
    'api',
    'bench',
    'cli',
    'client',
    'docs',
    'domain',
    'dsp',
    'engine',
    'examples',
    'plugins',
    'scripts',
    'test',
    'web',
  ];
  for (const document of documents) {
    const text = readFileSync(join(root, document), 'utf8');
    for (const [, path] of text.matchAll(/`([\w.-]+\/[\w./-]+?\.(?:ts|tsx|md|json|sh|as\.ts))`/g)) {
      if (places.includes(path!.split('/')[0]!)) t.ok(existsSync(join(root, path!)), `${document}: ${path}`);
    }
  }
});

t.test('JSON in documents is what it says', async (t) => {
  const kinds: [RegExp, (value: unknown, what: string) => unknown][] = [
    [/"category"/, (value, what) => checkModel(value, what)],
    [/"sampleRate"/, (value, what) => check(Task, value, what, 'TASK_INVALID')],
    [/"kind": "adapter"/, (value, what) => check(PluginManifest, value, what, 'PLUGIN_MANIFEST')],
  ];
  for (const document of documents) {
    for (const [, json] of readFileSync(join(root, document), 'utf8').matchAll(/```json\n([\s\S]*?)```/g)) {
      if (json!.includes('…')) continue; // says itself that something is left out
      const where = `${relative(root, join(root, document))}: ${json!.slice(0, 40)}`;
      const value: unknown = JSON.parse(json!);
      const kind = kinds.find(([mark]) => mark.test(json!));
      if (kind) t.doesNotThrow(() => kind[1](value, where), where);
      else t.pass(where);
    }
  }
});
