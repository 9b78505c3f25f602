import { AudioCloudError, type EngineFullDetails } from '@audiocloud/api';
import t from 'tap';
import { clientError } from './client-terms.ts';

const details: EngineFullDetails = {
  task: 'blue.song',
  thread: 1,
  needed: 0.5,
  free: 0.1,
  limit: 0.8,
  waking: 0,
  spread: 1,
  threads: [
    { name: 'render 0', claimed: 0.8, beyond: 0, free: 0, tasks: { 'red.secret': 0.5, 'red.hidden': 0.3 } },
    {
      name: 'render 1',
      claimed: 0.7,
      beyond: 0,
      free: 0.1,
      tasks: { 'blue.small': 0.1, 'red.private': 0.2, 'blue.large': 0.4, 'blues.other': 0 },
    },
  ],
};
const message = "Cannot play task 'blue.song': it needs 0.50 of a render thread (4 tasks claim 0.70)";
const blue = { application: 'blue', id: 'song' };
const told = (error: AudioCloudError) => clientError(error, blue).toJSON();

t.test('who plays where there is no room: its own tasks by their ids, those of others by their number', async (t) => {
  const body = told(new AudioCloudError('ENGINE_FULL', message, { ...details }));
  t.equal(
    body.message,
    "Cannot play task 'song': it needs 0.50 of a render thread (4 tasks claim 0.70); of your own tasks play there large 0.400, small 0.100",
  );
  t.match(body.details, { task: 'song', needed: 0.5, free: 0.1, thread: 1 });
  t.same(
    (body.details?.['threads'] as { tasks: object; others: number }[]).map(({ tasks, others }) => ({ tasks, others })),
    [
      { tasks: {}, others: 2 },
      { tasks: { small: 0.1, large: 0.4 }, others: 2 },
    ],
  );
  t.notMatch(JSON.stringify(body), /red|blue|secret|hidden|private|other"/);
});

t.test('where it has no task there, nobody is named', async (t) => {
  const body = told(new AudioCloudError('ENGINE_FULL', message, { ...details, thread: 0 }));
  t.equal(body.message, message.replace('blue.song', 'song'));
});

t.test('details of another form may name anybody and are left out', async (t) => {
  const body = told(new AudioCloudError('ENGINE_FULL', message, { task: 'blue.song', tasks: ['red.secret'] }));
  t.same(body.details, { task: 'song' });
  t.same(told(new AudioCloudError('ENGINE_FULL', message)).details, { task: 'song' });
});
