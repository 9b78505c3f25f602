import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SurfaceBinding, SurfaceMap } from '@audiocloud/api';
import t from 'tap';
import { learntBinding, learntText, parseTarget } from './binding-target.ts';
import { readMapFile } from './map-file.ts';
import { bindingPlace, writeBinding } from './map-writer.ts';
import { surfaceAdapters } from './surface-adapters.ts';

const folder = mkdtempSync(join(tmpdir(), 'surface-map-'));
t.teardown(() => rmSync(folder, { recursive: true }));
const adapters = surfaceAdapters([]);
const fader: SurfaceBinding = { from: { bend: { channel: 1 } }, to: { instance: 'gain', parameter: 'gain' } };
const key: SurfaceBinding = { from: { note: { channel: 1, note: 60 } }, to: { instance: 'gain', parameter: 'mute' } };

for (const name of ['new.yaml', 'new.json'])
  t.test(`${name}: bindings are written one after the other, and read back`, async (t) => {
    const path = join(folder, name);
    let map: SurfaceMap = { surfaces: { desk: { adapter: 'midi', port: { name: 'X*' } } }, bindings: [] };
    for (const binding of [fader, key]) {
      writeBinding(path, map, binding, bindingPlace(map, binding));
      map = (await readMapFile(path, adapters)).map;
    }
    t.strictSame(map.bindings, [fader, key]);
    const again: SurfaceBinding = { ...fader, to: { instance: 'gain', parameter: 'pan' } };
    t.equal(bindingPlace(map, again), 0, 'the same control has the same place');
    writeBinding(path, map, again, 0);
    t.strictSame((await readMapFile(path, adapters)).map.bindings, [again, key]);
  });

t.test('what else stands in a file stays', async (t) => {
  const path = join(folder, 'kept.yaml');
  const text = `# my desk
surfaces:
  desk: { adapter: midi, port: { name: X } } # the grey one
bindings:
  # the big fader
  - from: { bend: { channel: 9 } }
    to: { instance: gain, parameter: gain }
`;
  writeFileSync(path, text);
  const { map } = await readMapFile(path, adapters);
  writeBinding(path, map, key, bindingPlace(map, key));
  t.equal(
    readFileSync(path, 'utf8'),
    `${text}  - from: { note: { channel: 1, note: 60 } }\n    to: { instance: gain, parameter: mute }\n`,
  );
  t.notOk(existsSync(`${path}.part`));
});

t.test('the same controller with other bits, and the same address of another type, are the same control', async (t) => {
  const map: SurfaceMap = {
    surfaces: { a: { adapter: 'midi', port: { name: 'A' } }, b: { adapter: 'osc', port: { host: 'h', port: '1' } } },
    bindings: [
      { ...fader, surface: 'a', from: { cc: { channel: 1, controller: 7 } } },
      { ...fader, surface: 'b', from: { osc: { address: '/a' } } },
    ],
  };
  const place = (surface: string, from: SurfaceBinding['from']) => bindingPlace(map, { ...fader, surface, from });
  t.equal(place('a', { cc: { channel: 1, controller: 7, bits: 14 } }), 0);
  t.equal(place('b', { osc: { address: '/a', type: 'i', range: [0, 127] } }), 1);
  t.equal(place('b', { cc: { channel: 1, controller: 7 } }), 2, 'on another surface it is another one');
});

t.test('targets as they are typed', async (t) => {
  t.strictSame(parseTarget(' gain.gain '), { instance: 'gain', parameter: 'gain' });
  t.strictSame(parseTarget('eq.gain[2]  -12 12'), { instance: 'eq', parameter: 'gain', index: 2, range: [-12, 12] });
  t.strictSame(parseTarget('tone.type sine pink').range, ['sine', 'pink']);
  t.strictSame(parseTarget('gain.mute true false').range, [true, false]);
  for (const wrong of ['gain', 'gain.', 'gain.gain[]', 'gain.gain[1', 'gain.gain -12', 'gain gain'])
    t.throws(() => parseTarget(wrong), { code: 'REQUEST_INVALID', message: /INSTANCE\.PARAMETER/ }, wrong);
});

t.test('a binding says what the kind of its control does not', async (t) => {
  const one: SurfaceMap = { surfaces: { desk: { adapter: 'midi', port: { name: 'X' } } }, bindings: [] };
  const two: SurfaceMap = { ...one, surfaces: { ...one.surfaces, pad: one.surfaces['desk']! } };
  const { to } = fader;
  const cc = { cc: { channel: 1, controller: 7 } };
  const bound = (map: SurfaceMap, learnt: Parameters<typeof learntBinding>[2], wishes = {}) =>
    learntBinding(map, 'desk', learnt, to, wishes);
  t.strictSame(bound(one, { from: cc, kind: 'fader', isReleased: false }), { from: cc, to });
  t.strictSame(bound(two, { from: cc, kind: 'fader', isReleased: false }), { surface: 'desk', from: cc, to });
  t.strictSame(bound(one, { from: cc, kind: 'button', isReleased: true }), { from: cc, to, mode: 'toggle' });
  t.strictSame(bound(one, { from: cc, kind: 'button', isReleased: false }), { from: cc, to });
  t.strictSame(bound(one, { from: key.from, kind: 'button', isReleased: true }, { mode: 'momentary' }), {
    from: key.from,
    to,
    mode: 'momentary',
  });
  t.equal(
    learntText({ from: fader.from, touch: key.from, kind: 'fader', isReleased: false }),
    'fader: pitch bend, channel 1, with a touch sense',
  );
});
