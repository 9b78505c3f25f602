import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Model, Task } from '@audiocloud/api';
import { SURFACE_CHECKS, type SurfaceCheck } from '@audiocloud/client';
import t from 'tap';
import { lintMapFile, readMapFile, taskMistakes } from './map-file.ts';
import { surfaceAdapters } from './surface-adapters.ts';

const adapters = surfaceAdapters([]);
const { models } = JSON.parse(readFileSync(new URL('../../plugins/audiocloud.json', import.meta.url), 'utf8')) as {
  models: Model[];
};
models.push({ ...models.find(({ id }) => id === 'audiocloud:gain')!, id: 'acme:slow' });
models.at(-1)!.parameters = models.at(-1)!.parameters.map((parameter) => ({ ...parameter, latched: true }));
const task: Task = {
  sampleRate: 48000,
  instances: {
    gain: { model: 'audiocloud:gain' },
    eq: { model: 'audiocloud:equalizer' },
    tone: { model: 'audiocloud:tone' },
    slow: { model: 'acme:slow' },
    lost: { model: 'acme:gone' },
  },
};
const folder = mkdtempSync(join(tmpdir(), 'surface-map-'));
t.teardown(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'map.yaml');

const SURFACES = 'surfaces:\n  desk: { adapter: midi, port: { name: X } }\nbindings:\n';
const OSC = SURFACES.replace(
  'midi, port: { name: X }',
  "osc, port: { host: h, port: '1' }, settings: { transport: udp }",
);
const fader = '  - { from: { bend: { channel: 1 } }, to: { instance: gain, parameter: gain } }\n';
const bound = (binding: string) => `${SURFACES}${fader}  - { ${binding}, to: { instance: eq, parameter: output } }\n`;
const moved = (to: string, more = '') =>
  `${SURFACES}${fader}  - { from: { bend: { channel: 2 } }, to: { ${to} }${more} }\n`;
const address = (osc: string) => `${OSC}  - { from: { osc: { ${osc} } }, to: { instance: gain, parameter: gain } }\n`;

/** A bad map for each check, and the line that is to be named. */
const BAD: Record<SurfaceCheck, [text: string, line: number][]> = {
  'yaml-syntax': [['surfaces: {\n', 2]],
  'yaml-anchor': [['surfaces: *none\n', 1]],
  'yaml-key-twice': [[`${SURFACES}${fader}bindings: []\n`, 5]],
  'unknown-key': [
    [bound('from: { bend: { channel: 2 } }, colour: red'), 5],
    [bound('from: { wheel: { channel: 2 } }'), 5],
  ],
  shape: [
    [bound('from: { bend: { channel: 17 } }'), 5],
    [bound('from: { bend: { channel: 2 }, program: { channel: 2 } }'), 5],
    [bound('from: { bend: { channel: 2 } }, mode: fast'), 5],
    ['surfaces: {}\nbindings: []\n', 1],
  ],
  'adapter-unknown': [['surfaces:\n  desk: { adapter: dmx, port: { name: X } }\nbindings: []\n', 2]],
  carries: [
    ['surfaces:\n  desk: { adapter: serial, port: { path: X } }\nbindings: []\n', 2],
    [bound('from: { osc: { address: /a } }'), 5],
    [`${OSC}${fader}`, 4],
  ],
  settings: [[SURFACES.replace('X }', 'X }, settings: { speed: 1 }').replace('bindings:', 'bindings: []'), 2]],
  'surface-unknown': [
    [bound('surface: pad, from: { bend: { channel: 2 } }'), 5],
    [`${SURFACES.replace('bindings:', '  pad: { adapter: midi, port: { name: Y } }\nbindings:')}${fader}`, 5],
  ],
  'same-control': [
    [bound('from: { bend: { channel: 1 } }'), 5],
    [bound('from: { cc: { channel: 1, controller: 7, bits: 14 } }, touch: { cc: { channel: 1, controller: 39 } }'), 5],
    [
      `${bound('from: { nrpn: { channel: 1, number: 5 } }')}  - { from: { cc: { channel: 1, controller: 6 } }, to: { instance: gain, parameter: pan } }\n`,
      6,
    ],
  ],
  'cc-bits': [
    [bound('from: { cc: { channel: 1, controller: 32, bits: 14 } }'), 5],
    [bound('from: { cc: { channel: 1, controller: 3, bits: 14, relative: offset } }'), 5],
  ],
  'osc-address': [
    [address('address: a'), 4],
    [address('address: "/a b"'), 4],
    [address('address: /a/*'), 4],
    [address('address: /a/'), 4],
  ],
  'osc-range': [[address('address: /a, range: [1, 1]'), 4]],
  mode: [
    [bound('from: { bend: { channel: 2 } }, mode: relative'), 5],
    [bound('from: { note: { channel: 2, note: 1 } }, mode: absolute'), 5],
    [
      moved('instance: gain, parameter: mute', ', mode: toggle').replace('bend: { channel: 2', 'program: { channel: 2'),
      5,
    ],
    [bound('from: { cc: { channel: 2, controller: 1, relative: offset } }, mode: absolute'), 5],
  ],
  touch: [[bound('from: { bend: { channel: 2 } }, touch: { bend: { channel: 3 } }'), 5]],
  step: [[bound('from: { bend: { channel: 2 } }, step: 0.1'), 5]],
  'pick-up': [
    [bound('from: { bend: { channel: 2 } }, pickUp: true'), 5],
    [bound('from: { cc: { channel: 2, controller: 1, relative: offset } }, pickUp: true'), 5],
  ],
  'feedback-unused': [[bound('from: { bend: { channel: 2 } }, feedback: none, feedbackTo: { values: [0, 1] }'), 5]],
  'range-ends': [
    [moved('instance: gain, parameter: pan, range: [1, 1]'), 5],
    [bound('from: { bend: { channel: 2 } }, feedbackTo: { values: [1, 1] }'), 5],
  ],
  'instance-unknown': [[moved('instance: ghost, parameter: pan'), 5]],
  'model-unknown': [[moved('instance: lost, parameter: pan'), 5]],
  'parameter-unknown': [[moved('instance: gain, parameter: pam'), 5]],
  'parameter-latched': [[moved('instance: slow, parameter: pan'), 5]],
  index: [[moved('instance: eq, parameter: gain, index: 8'), 5]],
  'button-range': [[moved('instance: gain, parameter: pan', ', mode: toggle'), 5]],
  range: [
    [moved('instance: gain, parameter: pan, range: [-2, 1]'), 5],
    [moved('instance: tone, parameter: type, range: [sine, sinus]'), 5],
  ],
  curve: [
    [moved('instance: gain, parameter: pan, curve: log'), 5],
    [moved('instance: tone, parameter: type, curve: log'), 5],
  ],
};

async function problemsOf(text: string) {
  writeFileSync(path, text);
  const { map, problems, located } = await lintMapFile(path, adapters);
  return [...problems, ...(map ? taskMistakes(map, task, models).map(located) : [])];
}

t.test('each mistake has its file, line, place and mend, and comes alone', async (t) => {
  t.strictSame(Object.keys(BAD).sort(), Object.keys(SURFACE_CHECKS).sort(), 'a bad map for each check');
  for (const [check, maps] of Object.entries(BAD))
    for (const [text, line] of maps) {
      const problems = await problemsOf(text);
      t.match(problems, [{ check, file: path, line }], text);
      t.equal(problems.length, 1, `${text} ${JSON.stringify(problems)}`);
      for (const { place, message, mend } of problems) t.ok(place.startsWith('/') && message && mend, mend);
    }
});

t.test('a map without a mistake has none; one with any is refused whole, and every line of it is named', async (t) => {
  t.strictSame(await problemsOf(`${SURFACES}${fader}`), []);
  t.equal((await readMapFile(path, adapters)).map.bindings.length, 1);
  writeFileSync(path, bound('from: { bend: { channel: 1 } }, step: 1'));
  await t.rejects(readMapFile(path, adapters), {
    code: 'SURFACE_INVALID',
    message: /line 5: .*counts no clicks; leave it out; line 5: .*taken by/,
  });
  await t.rejects(readMapFile(join(folder, 'none.yaml'), adapters), {
    code: 'SURFACE_INVALID',
    message: /no such file/,
  });
});

t.test('docs/control-surfaces.md names every check', async (t) => {
  const text = readFileSync(new URL('../../docs/control-surfaces.md', import.meta.url), 'utf8');
  const rows = [...text.split('## Checks')[1]!.matchAll(/^\| `([a-z-]+)` \| (.+) \|$/gm)].map(([, check, what]) => [
    check,
    what,
  ]);
  t.strictSame(rows, Object.entries(SURFACE_CHECKS));
});
