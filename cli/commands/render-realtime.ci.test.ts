import { existsSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { RunningEngine } from '../../test/running-engine.ts';
import { environment, FRAMES, loopedFolder, task, UNIT } from '../testing/looped-folder.ts';

const folder = t.testdir();
const { at, run, render, samplesOf, differenceDb } = await loopedFolder(folder);

t.test('sound through hardware cancels beside the dry way', async (t) => {
  const calibrated = await run('device', 'calibrate', UNIT);
  t.equal(calibrated.code, 0, calibrated.stderr);
  const rest = await render('rest.wav', '--sink', 'rest');
  t.equal(rest.code, 0, rest.stderr);
  const silence = await differenceDb('rest.wav', new Float32Array(FRAMES));
  t.ok(silence < -90, `${silence.toFixed(0)} dB`);
});

t.test('a file has what the task gives; with --guard it is guarded as a stream is', async (t) => {
  const { send, wet, ...connections } = task.connections;
  const loud = { ...task, connections: { ...connections, send, wet: { ...wet, gainDb: 20 } } };
  writeFileSync(at('task.json'), JSON.stringify(loud));
  const peakOf = (samples: Float32Array) => samples.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  for (const guard of [false, true]) {
    const done = await render('loud.wav', '--sink', 'wet', ...(guard ? ['--guard'] : []));
    t.equal(done.code, 0, done.stderr);
    const peak = peakOf(await samplesOf('loud.wav'));
    if (guard) t.ok(peak <= Math.fround(10 ** (-0.1 / 20)) && peak > 0.5, `guarded: ${peak}`);
    else t.ok(peak > 2, `not guarded: ${peak}`);
  }
});

t.test('what is not there, or used by another, is refused and leaves no file', async (t) => {
  const engine = await RunningEngine.start({ dataDir: folder, environment });
  const busy = await render('none.wav');
  t.match(busy, { code: 1, stderr: /ENGINE_BUSY/ });
  await engine.stop();
  writeFileSync(at('task.json'), JSON.stringify(task).replace(UNIT, 'generic:line-preamp:right'));
  const unknown = await render('none.wav');
  t.match(unknown, { code: 1, stderr: /FIXED_INSTANCE_UNKNOWN/ });
  t.notOk(existsSync(at('none.wav')));
});
