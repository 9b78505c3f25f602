import { AudioCloudError, type InstanceState, type TaskState } from '@audiocloud/api';
import t from 'tap';
import { troubleOf } from './trouble.ts';

const error = new AudioCloudError('INSTANCE_FAILED', 'Cannot run a: it trapped').toJSON();
const instance = (state: InstanceState['state']): InstanceState => ({
  state,
  faults: 0,
  restarts: 0,
  nonFinite: 0,
  latencyFrames: 0,
  ...(state === 'running' ? {} : { error }),
});
const state = (name: TaskState['state'], more: Partial<TaskState> = {}): TaskState => ({
  task: 'a',
  state: name,
  revision: 1,
  transport: null,
  latencyFrames: 0,
  blocks: 0,
  missedBlocks: 0,
  instances: {},
  ...more,
});
const playing = { wantsToPlay: true, isEngineThere: true };
const away = { wantsToPlay: true, isEngineThere: false };

t.test('a task that does what is wanted of it has no trouble', async (t) => {
  t.equal(troubleOf(state('playing', { instances: { x: instance('running') } }), playing), null);
  t.equal(troubleOf(state('ready'), { ...playing, wantsToPlay: false }), null);
});

t.test('what is on its way says nothing', async (t) => {
  t.equal(troubleOf(state('ready'), playing), undefined);
  t.equal(troubleOf(state('loading'), playing), undefined);
  t.equal(troubleOf(state('loading'), away), undefined, 'the engine has not come yet');
});

t.test('an engine that is away hinders only what plays', async (t) => {
  t.same(troubleOf(state('loading', { error }), away), { error });
  t.equal(troubleOf(state('loading', { error }), { ...away, wantsToPlay: false }), undefined);
});

t.test('muted instances are named, and a task that failed has its error', async (t) => {
  const instances = {
    z: instance('quarantined'),
    b: instance('failed'),
    c: instance('running'),
    d: instance('waiting'),
  };
  t.same(troubleOf(state('playing', { instances }), playing), { error, instances: ['b', 'z'] });
  t.same(troubleOf(state('failed', { error }), playing), { error });
  t.match(troubleOf(state('failed'), playing), { error: { code: 'ENGINE_FAILED' } });
});
