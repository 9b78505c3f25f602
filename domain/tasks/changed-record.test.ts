import type { GraphEdit } from '@audiocloud/api';
import t from 'tap';
import { PREAMP_MODEL } from '../testing/simulated-rack.ts';
import { editedRecord, replacedRecord } from './changed-record.ts';
import type { TaskRecord } from './task-record.ts';

const models = [PREAMP_MODEL];
const preamp = { model: PREAMP_MODEL.id };
const before: TaskRecord = {
  revision: 4,
  graph: { sampleRate: 48_000, instances: { one: preamp, two: preamp } },
  parts: { whole: 4 },
  isPlaying: true,
  positionSeconds: 3,
  loop: { startSeconds: 0, endSeconds: 1 },
};
const put: GraphEdit = { op: 'put', part: 'instances', name: 'two', value: { ...preamp, name: 'mine' } };

t.test('edits give the parts that they put their revision, and leave play and the loop alone', async (t) => {
  const after = editedRecord(before, 5, [put], models);
  t.match(after, { revision: 5, isPlaying: true, positionSeconds: 3, loop: before.loop });
  t.equal(after.graph.instances?.['two']?.name, 'mine');
  t.equal(after.parts?.whole, 4);
  t.same(after.versions, { [PREAMP_MODEL.id]: PREAMP_MODEL.version });
});

t.test('an edit of the loop takes the one away that lies over it', async (t) => {
  const loop = { startSeconds: 2, endSeconds: 3 };
  const after = editedRecord(before, 5, [{ op: 'loop', loop }], models);
  t.same([after.loop, after.graph.loop], [undefined, loop]);
});

t.test('another graph is new as a whole', async (t) => {
  const after = replacedRecord(before, 5, { graph: { sampleRate: 48_000 }, loop: undefined }, models);
  t.match(after, { revision: 5, parts: { whole: 5 }, isPlaying: true, positionSeconds: 3 });
  t.equal(after.loop, undefined);
});
