import { existsSync, readFileSync } from 'node:fs';
import t from 'tap';
import { FRAMES, loopedFolder, sound, UNIT } from '../testing/looped-folder.ts';

const { at, run, render, differenceDb } = await loopedFolder(t.testdir());

t.test('a unit is calibrated without an engine, and a task rendered through it, in place to the frame', async (t) => {
  const calibrated = await run('device', 'calibrate', UNIT, '--json');
  t.equal(calibrated.code, 0, calibrated.stderr);
  const found = JSON.parse(calibrated.stdout);
  t.match(found, { instance: UNIT, device: 'paced', roundTripFrames: 3001, returns: [{ isReversed: false }] });
  t.ok(Math.abs(found.returns[0].gainDb + 6) < 0.01);
  const kept = JSON.parse(readFileSync(at('calibration.json'), 'utf8'))[UNIT];
  t.match(kept, { roundTripFrames: 3001, isLevelKept: false });
  const wet = await render('wet.wav', '--sink', 'wet');
  t.equal(wet.code, 0, wet.stderr);
  t.match(JSON.parse(wet.stdout), {
    sampleRate: 48000,
    frames: FRAMES,
    latencyFrames: 3001,
    missedBlocks: 0,
    failed: [],
  });
  const asSent = await differenceDb('wet.wav', sound);
  t.ok(asSent < -90, `through the unit it is what was sent: ${asSent.toFixed(0)} dB`);
});

t.test('what cannot be in real time is refused, and leaves no file', async (t) => {
  const blocks = await render('none.wav', '--block', '64');
  t.match(blocks, { code: 1, stderr: /--block/ });
  t.notOk(existsSync(at('none.wav')));
});
