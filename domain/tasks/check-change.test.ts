import { readFileSync } from 'node:fs';
import type { Model } from '@audiocloud/api';
import t from 'tap';
import { checkChange } from './check-change.ts';

const model = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../plugins/${name}/model.json`, import.meta.url), 'utf8')) as Model;
const models = [model('gain'), model('equalizer')];
const task = {
  sampleRate: 48000,
  instances: {
    gain: { model: 'audiocloud:gain' },
    eq: { model: 'audiocloud:equalizer' },
    strange: { model: 'somebody:else' },
  },
};
const check = (instance: string, parameter: string, value: number | boolean, index?: number) => () =>
  checkChange(models, task, { instance, parameter, value, ...(index === undefined ? {} : { index }) });

t.test('a change is refused as by an engine', async (t) => {
  t.throws(check('ghost', 'gain', 0), { code: 'NODE_UNKNOWN' });
  t.throws(check('toString', 'gain', 0), { code: 'NODE_UNKNOWN' });
  t.throws(check('gain', 'loudness', 0), { code: 'PARAMETER_UNKNOWN' });
  t.throws(check('gain', 'gain', 1e9), { code: 'PARAMETER_VALUE' });
  t.throws(check('eq', 'gain', 0, 8), { code: 'PARAMETER_VALUE' });
});

t.test('what is right, or cannot be known, is let through', async (t) => {
  t.doesNotThrow(check('gain', 'gain', -6));
  t.doesNotThrow(check('eq', 'gain', 3, 7));
  t.doesNotThrow(check('strange', 'anything', 1e9));
});
