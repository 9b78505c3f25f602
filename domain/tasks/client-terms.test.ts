import { AudioCloudError } from '@audiocloud/api';
import t from 'tap';
import { clientError, refusedOf } from './client-terms.ts';

t.test('an error of the engine names the task by its id, in its details too', async (t) => {
  const told = (error: AudioCloudError) => clientError(error, { application: 'blue', id: 'song' }).toJSON();
  const error = new AudioCloudError('ENGINE_FAILED', "Cannot run task 'blue.song'", { task: 'blue.song', slot: 1 });
  t.match(told(error), { message: "Cannot run task 'song'", details: { task: 'song', slot: 1 } });
  t.match(told(new AudioCloudError('ENGINE_FAILED', 'Its thread ended', { task: 'blue.song' })), {
    message: 'Its thread ended',
    details: { task: 'song' },
  });
});

t.test('of what an engine could not take, an application hears what is of its tasks or of none', async (t) => {
  const of = (task: string | undefined, message: string) =>
    new AudioCloudError('PARAMETER_UNKNOWN', message, task === undefined ? { place: 'folder' } : { task }).toJSON();
  const refused = [
    of('blue.song', 'Task blue.song goes on with the plugins it has'),
    of('red.secret', 'Task red.secret goes on with the plugins it has'),
    of(undefined, 'Cannot read folder'),
  ];
  t.same(
    refusedOf(refused, 'blue').map(({ message, details }) => ({ message, details })),
    [
      { message: 'Task song goes on with the plugins it has', details: { task: 'song' } },
      { message: 'Cannot read folder', details: { place: 'folder' } },
    ],
  );
  t.same(refusedOf(refused, 'green'), [refused[2]]);
});
