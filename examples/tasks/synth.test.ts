import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Task } from '@audiocloud/api';
import { openMedia } from '@audiocloud/engine';
import t from 'tap';
import { CommandProcess } from '../../cli/testing/run-command.ts';
import { magnitude } from '../../plugins/testing/complex.ts';
import { responseAt } from '../../plugins/testing/measured-response.ts';
import { buildWasm } from '../../scripts/build-wasm.ts';

// synth.json as `audiocloud render` plays it: which notes are heard, and when.

await buildWasm({ ifMissing: true });
const RATE = 48000;
const task = JSON.parse(readFileSync(join(import.meta.dirname, 'synth.json'), 'utf8')) as Task;
const folder = t.testdir();
const commands = new CommandProcess();
t.teardown(() => commands.end());

/** The sum of both channels of the task with some of its notes. */
async function rendered(...names: string[]): Promise<{ sum: Float32Array; peak: number }> {
  const notes = Object.fromEntries(names.map((name) => [name, task.notes![name]!]));
  const file = join(folder, `${names.join('-')}.json`);
  writeFileSync(file, JSON.stringify({ ...task, notes }));
  const out = join(folder, `${names.join('-')}.wav`);
  const { code, stderr } = await commands.run('render', file, '--threads', '1', '--bits', '32f', '--out', out);
  if (code !== 0 || stderr !== '') throw new Error(`render ended with ${code}: ${stderr}`);
  const { data } = await openMedia(out);
  const [left, right] = data as [Float32Array, Float32Array];
  const peak = data.reduce((most, channel) => channel.reduce((m, x) => Math.max(m, Math.abs(x)), most), 0);
  return { sum: left.map((x, n) => x + right[n]!), peak };
}

/** The `count` strongest of the notes from `low` to `high` between two times, in their order. */
function strongest(sum: Float32Array, from: number, to: number, low: number, high: number, count: number): number[] {
  const part = sum.subarray(Math.round(from * RATE), Math.round(to * RATE));
  const windowed = part.map((x, n) => x * Math.sin((Math.PI * n) / part.length) ** 2);
  const level = (note: number) => magnitude(responseAt(windowed, 440 * 2 ** ((note - 69) / 12), RATE));
  const notes = Array.from({ length: high - low + 1 }, (_, i) => low + i);
  return notes
    .sort((a, b) => level(b) - level(a))
    .slice(0, count)
    .sort((a, b) => a - b);
}

t.test('every note of the tune is the one that is heard in its time', async (t) => {
  const { sum } = await rendered('tune');
  for (const { seconds, lengthSeconds, note } of task.notes!['tune']!.notes)
    t.same(strongest(sum, seconds + 0.02, seconds + lengthSeconds, 60, 90, 1), [note], `at ${seconds} s`);
});

t.test('the bass is an octave below its keys', async (t) => {
  const { sum } = await rendered('bass');
  for (const { seconds, lengthSeconds, note } of task.notes!['bass']!.notes.filter((each) => each.lengthSeconds > 0.5))
    t.same(strongest(sum, seconds + 0.05, seconds + lengthSeconds, 26, 42, 1), [note - 12], `at ${seconds} s`);
});

t.test('each bar has its chord', async (t) => {
  const { sum } = await rendered('chords');
  const { notes } = task.notes!['chords']!;
  for (const bar of [0, 1, 2, 3]) {
    const chord = notes.filter(({ seconds }) => seconds === 2 * bar).map(({ note }) => note);
    t.same(strongest(sum, 2 * bar + 0.1, 2 * bar + 0.6, 50, 68, 3), chord, `bar ${bar + 1}`);
  }
});

t.test('together they sound from the first frames to the end of the hall, and fit', async (t) => {
  const { sum, peak } = await rendered('chords', 'bass', 'tune');
  t.equal(sum.length, 10 * RATE);
  t.ok(peak > 0.1 && peak < 1, `${peak}`);
  const power = (from: number) => sum.subarray(from * RATE, (from + 1) * RATE).reduce((p, x) => p + x * x, 0) / RATE;
  for (let second = 0; second < 8; second++) t.ok(power(second) > 1e-4, `second ${second}: ${power(second)}`);
  t.ok(power(9) < power(7) / 100, 'after the last notes it dies away');
});
