import type { LiveEvent, TaskState } from '@audiocloud/api';
import t from 'tap';
import { causeBy } from '../events/cause.ts';
import { TaskFollowers } from './task-followers.ts';

const state = (blocks: number, latencyFrames = 0): TaskState => ({
  task: 'a',
  state: 'ready',
  revision: 1,
  transport: null,
  latencyFrames,
  blocks,
  missedBlocks: 0,
  instances: {},
});

function follower(heard: string[]) {
  return {
    event: ({ type, sequence }: LiveEvent) => void heard.push(`${type} ${sequence}`),
    meters: () => void heard.push('meters'),
    counters: () => void heard.push('counters'),
    replaced: () => void heard.push('replaced'),
    loaded: () => void heard.push('loaded'),
  };
}

t.test('a state is told when it is another one, and when it is asked for', async (t) => {
  const followers = new TaskFollowers(100);
  const heard: string[] = [];
  followers.add(follower(heard));
  followers.assume(state(0));
  followers.state(state(9), causeBy());
  t.same(heard, []);
  followers.state(state(9), causeBy(), true);
  followers.state(state(9, 64), causeBy());
  t.same(heard, ['state 101', 'state 102']);
});

t.test('who leaves while all are told is told nothing more, and the others hear it', async (t) => {
  const followers = new TaskFollowers(100);
  const heard: string[] = [];
  const leave = followers.add({ ...follower([]), event: () => leave() });
  followers.add(follower(heard));
  t.equal(followers.event({ type: 'deleted' }), 101);
  t.same(heard, ['deleted 101']);
  followers.clear();
  t.equal(followers.isEmpty, true);
});

t.test('another graph leaves no events behind that would lead to it', async (t) => {
  const followers = new TaskFollowers(100);
  const heard: string[] = [];
  followers.add(follower(heard));
  followers.event({ type: 'edited', revision: 2, edits: [] });
  followers.replaced();
  t.same(heard, ['edited 101', 'replaced']);
  t.equal(followers.log.after(100), undefined);
});
