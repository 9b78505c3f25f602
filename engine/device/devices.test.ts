import t from 'tap';
import { findDevice } from './devices.ts';

const SETTINGS = { sampleRate: 48000, blockFrames: 128 };

t.test('without a sound card auto is the paced clock, and web-audio says why not', async (t) => {
  const before = process.env['PULSE_SERVER'];
  process.env['PULSE_SERVER'] = 'unix:/nonexistent';
  process.env['JACK_NO_START_SERVER'] = '1';
  t.teardown(() => {
    if (before === undefined) delete process.env['PULSE_SERVER'];
    else process.env['PULSE_SERVER'] = before;
  });
  t.equal((await findDevice('auto', SETTINGS)).kind, 'paced');
  await t.rejects(findDevice('web-audio', SETTINGS), { code: 'DEVICE_FAILED' });
  await t.rejects(findDevice('gramophone', SETTINGS), { code: 'DEVICE_UNKNOWN' });
});
