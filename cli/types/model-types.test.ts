import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { checkModel, type Model } from '@audiocloud/api';
import t from 'tap';
import { modelTypes } from './model-types.ts';

const root = join(import.meta.dirname, '../..');
const run = promisify(execFile);

/** What a model may have at its worst: names with quotes, an end of a comment, and nothing to set. */
const odd = (id: string, version: string, parameters: object[] = [], mediaSlots: object[] = []): Model =>
  checkModel({
    id,
    version,
    name: "it's */ odd",
    category: 'tool',
    inputs: [],
    outputs: [{ id: 'out', kind: 'audio', channels: { min: 1, max: 2, default: 2 } }],
    parameters,
    mediaSlots,
    reports: [],
  });
const words = {
  id: 'mode',
  name: 'Mode',
  unit: 'none',
  range: { kind: 'list', values: [{ value: "it's" }, { value: 2 }] },
  default: 2,
};

const slots = [
  { id: 'attack', name: 'Attack', maxSeconds: 10, maxChannels: 2 },
  { id: 'more-zones', name: 'Zones', count: 4, maxSeconds: 10, maxChannels: 2 },
];

/** Every line that ends with `wrong` must not compile, and no other may fail. */
const USER = `
import type { Task } from '@audiocloud/api';
import type { ChangeOf, HostChange, InstanceOf, TypedTask } from './models.ts';

const task = {
  sampleRate: 48000,
  instances: {
    tone: { model: 'audiocloud:tone', parameters: { type: 'sine', frequency: 440 }, widths: { out: 1 }, bypass: true },
    eq: { model: 'audiocloud:equalizer@1.0.0', parameters: { type: ['bell', 'off'], gain: 3 }, mix: 50 },
    old: { model: 'acme:odd@1.0.0' },
    now: { model: 'acme:odd', parameters: { mode: "it's" }, media: { attack: 'kick', 'more-zones': ['kick', null] } },
  },
  connections: { out: { from: { node: 'tone' }, to: { node: 'main' } } },
  sinks: { main: { kind: 'stream', channels: 2 } },
} satisfies TypedTask;
export const whole: Task = task;
export const variable: TypedTask = task;
export const asTask: Task = variable;
export const oneForAll: InstanceOf<'acme:odd'> = { model: 'acme:odd', media: { 'more-zones': 'kick' } };
export const change: ChangeOf<'audiocloud:equalizer'> = { instance: 'eq', parameter: 'type', index: 1, value: 'bell' };
export const host: HostChange = { instance: 'eq', parameter: 'host-mix', value: 50 };

export const a: InstanceOf<'audiocloud:tone'> = { model: 'audiocloud:tone', parameters: { frequncy: 440 } }; // wrong
export const b: InstanceOf<'audiocloud:tone'> = { model: 'audiocloud:tone', parameters: { frequency: '440' } }; // wrong
export const c: InstanceOf<'audiocloud:tone'> = { model: 'audiocloud:tone', parameters: { type: 'sinus' } }; // wrong
export const d: InstanceOf<'audiocloud:tone'> = { model: 'audiocloud:tone', widths: { in: 1 } }; // wrong
export const e: ChangeOf<'audiocloud:gain'> = { instance: 'a', parameter: 'gian', value: 1 }; // wrong
export const f: ChangeOf<'audiocloud:gain'> = { instance: 'a', parameter: 'mute', value: 1 }; // wrong
export const g: TypedTask = { sampleRate: 48000, instances: { a: { model: 'audiocloud:gian' } } }; // wrong
export const h: TypedTask = { sampleRate: 48000, instances: { a: { model: 'audiocloud:gain', parameters: { frequency: 1 } } } }; // wrong
export const i: InstanceOf<'acme:odd@1.0.0'> = { model: 'acme:odd@1.0.0', parameters: { mode: 2 } }; // wrong
export const j: InstanceOf<'acme:odd'> = { model: 'acme:odd', parameters: { mode: 3 } }; // wrong
export const k: InstanceOf<'acme:odd'> = { model: 'acme:odd', media: { atack: 'kick' } }; // wrong
export const l: InstanceOf<'acme:odd'> = { model: 'acme:odd', media: { attack: ['kick', 'kick'] } }; // wrong
export const m: InstanceOf<'audiocloud:tone'> = { model: 'audiocloud:tone', media: { attack: 'kick' } }; // wrong
export const n: InstanceOf<'acme:odd@1.0.0'> = { model: 'acme:odd@1.0.0', media: { attack: 'kick' } }; // wrong
`;

t.test('tasks with right names compile, each with a wrong one does not', async (t) => {
  const folder = t.testdir({});
  const { models } = JSON.parse(readFileSync(join(root, 'plugins/audiocloud.json'), 'utf8')) as { models: Model[] };
  const all = [...models, odd('acme:odd', '2.0.0', [words], slots), odd('acme:odd', '1.0.0')];
  writeFileSync(join(folder, 'models.ts'), modelTypes(all)); // of a .d.ts the compiler would not look for mistakes
  writeFileSync(join(folder, 'user.ts'), USER);
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      compilerOptions: { types: [], lib: ['es2024', 'dom'] },
      files: ['user.ts'],
      include: [],
    }),
  );
  // through a shell that empties NODE_OPTIONS: tap would have its hooks loaded into the compiler, which they break
  const { stdout } = await run('sh', ['-c', 'NODE_OPTIONS= exec node_modules/.bin/tsc -p "$0"', folder], {
    cwd: root,
  }).catch((error: { stdout: string }) => error);
  const failed = [...stdout.matchAll(/^\S*user\.ts\((\d+),/gm)].map(([, line]) => Number(line));
  const wanted = USER.split('\n').flatMap((line, n) => (line.endsWith('// wrong') ? n + 1 : []));
  t.same([...new Set(failed)], wanted, stdout);
  t.notMatch(stdout, /models\.ts\(/, 'the declarations themselves are right');
  t.match(stdout, /'frequncy' does not exist/);
});
