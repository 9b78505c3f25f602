import { AudioCloudError, type TaskState } from '@audiocloud/api';
import t from 'tap';
import { stateText, taskState } from './task-state.ts';
import { newTaskActor } from './task-step.ts';

const record = { now: { revision: 3, graph: { sampleRate: 48_000 }, isPlaying: true, positionSeconds: 0 } };
const there: TaskState = {
  task: 'a',
  state: 'playing',
  revision: 3,
  transport: null,
  latencyFrames: 64,
  blocks: 100,
  missedBlocks: 0,
  instances: {},
};
const site = {
  address: { application: 'main', id: 'a' },
  engine: undefined,
  refusal: undefined,
  awayError: undefined,
  state: there,
};
const actor = newTaskActor({ revision: 3, isPlaying: true });
const loaded = { ...actor, actual: { revision: 3, isPlaying: true } };
const error = new AudioCloudError('ENGINE_UNAVAILABLE', 'away').toJSON();

t.test('a state is what the engine said, while it has the task, with what is wanted', async (t) => {
  t.match(taskState({ record, runtime: { actor: loaded }, site }), {
    state: 'playing',
    latencyFrames: 64,
    desired: { revision: 3, playing: true },
  });
  const failed = taskState({ record, runtime: { actor: { ...loaded, error } }, site });
  t.match(failed, { state: 'playing', error });
});

t.test('a state is loading while no engine has the task, failed once one could not take it', async (t) => {
  const away = taskState({ record, runtime: { actor }, site: { ...site, awayError: error } });
  t.match(away, { state: 'loading', revision: 3, latencyFrames: 0, error });
  const failed = taskState({ record, runtime: { actor: { ...actor, error } }, site });
  t.match(failed, { state: 'failed', error });
});

t.test('what counts on all the time makes no other state', async (t) => {
  t.equal(stateText({ ...there, blocks: 200, missedBlocks: 1 }), stateText(there));
  t.not(stateText({ ...there, latencyFrames: 65 }), stateText(there));
});
