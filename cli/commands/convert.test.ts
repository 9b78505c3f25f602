import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSoundWriter, openMedia } from '@audiocloud/engine';
import t from 'tap';
import { fitSine } from '../../test/sine-fit.ts';
import { toneLevel } from '../../engine/media/testing/tone-level.ts';
import { CommandProcess } from '../testing/run-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'convert-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
const commands = new CommandProcess();
t.teardown(() => commands.end());

const RATE = 44100;
const FRAMES = 3 * RATE + 17;
/** Sines that use every bit of f32, beside one that is quiet. */
const sound = [0.5, 0.003].map((level, c) =>
  Float32Array.from({ length: FRAMES }, (_, i) => level * Math.sin((2 * Math.PI * (c === 0 ? 1000 : 331) * i) / RATE)),
);

async function write(name: string, output: object, planes = sound): Promise<string> {
  const source = { sampleRate: RATE, channels: planes.length, frames: FRAMES };
  const writer = await createSoundWriter(at(name), { output: { format: 'wav', ...output } as never, source });
  await writer.write(planes);
  await writer.end();
  await writer.commit();
  return at(name);
}

async function converted(...args: string[]) {
  const { code, stdout, stderr } = await commands.run('convert', ...args, '--json');
  if (code !== 0) throw new Error(`convert ${args.join(' ')} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout);
}

const isSame = (a: Float32Array[], b: Float32Array[]) =>
  a.length === b.length &&
  a.every((plane, c) => plane.length === b[c]!.length && plane.every((x, i) => x === b[c]![i]));

t.test('what loses nothing is exact to the bit, there and back, and keeps its tags', async (t) => {
  const tags = { title: 'Zwölf', artist: 'Anna', track: '3', date: '2026', comment: 'c' };
  for (const depth of ['s16', 's24']) {
    const from = await write(`${depth}.wav`, { depth, tags });
    const there = await converted(from, at('there.flac'));
    t.match(there, { format: 'flac', frames: FRAMES, bits: depth.slice(1), clippedSamples: 0 });
    const back = await converted(at('there.flac'), at('back.wav'));
    t.match(back, {
      bits: depth.slice(1),
      from: { container: 'flac', codec: 'flac', bitDepth: Number(depth.slice(1)) },
    });
    t.ok(isSame((await openMedia(at('back.wav'))).data, (await openMedia(from)).data), depth);
    t.ok(readFileSync(at('back.wav')).equals(readFileSync(from)), `${depth}: the same file, tags included`);
  }
  const float = await write('f32.wav', { depth: 'f32' });
  t.match(await converted(float, at('again.wav')), { bits: '32f' });
  t.ok(isSame((await openMedia(at('again.wav'))).data, sound), 'floating point');
  t.match(await converted(float, at('deep.flac')), { bits: '24' });
  const steps = (await openMedia(at('deep.flac'))).data[0]!.map((x, i) => Math.abs(x - sound[0]![i]!) * 2 ** 23);
  t.ok(steps.every((x) => x <= 1.5) && steps.some((x) => x > 1), 'dithered, since it loses something');
});

t.test('lossy formats: exact frames, and an error that is stated', async (t) => {
  const from = await write('lossy.wav', { depth: 's24' }, [sound[0]!, sound[0]!]);
  for (const [name, args, hz, most] of [
    ['a.mp3', ['--bit-rate', '320'], 44100, -70],
    ['b.mp3', ['--bit-rate', '128'], 44100, -60],
    ['c.opus', ['--bit-rate', '256'], 48000, -40],
  ] as const) {
    const file = await converted(from, at(name), ...args);
    t.equal(file.sampleRate, hz, name);
    t.equal(file.frames, Math.round((FRAMES * hz) / RATE), name);
    const { data, frames } = await openMedia(at(name));
    t.equal(frames, file.frames, `${name}: decoded`);
    // away from the ends, where a codec rings
    const part = data[0]!.subarray(hz / 2, 2.5 * hz);
    const fit = fitSine(part, hz, 1000);
    t.ok(Math.abs(20 * Math.log10(fit.amplitude / 0.5)) < 0.1, `${name}: level ${fit.amplitude}`);
    const inPhase = (i: number) => 0.5 * Math.sin((2 * Math.PI * 1000 * (i + hz / 2)) / hz);
    const error =
      Math.sqrt(part.reduce((sum, x, i) => sum + (x - inPhase(i)) ** 2, 0) / part.length) / Math.sqrt(0.125);
    t.ok(
      20 * Math.log10(error) < most,
      `${name}: error ${(20 * Math.log10(error)).toFixed(1)} dB, so it is in its place`,
    );
  }
});

t.test('rate, depth, channels and loudness are what was asked for', async (t) => {
  const from = await write('from.wav', { depth: 's24' });
  const file = await converted(
    from,
    at('to.wav'),
    '--rate',
    '96000',
    '--bits',
    '16',
    '--dither',
    'shaped',
    '--channels',
    '1',
  );
  t.match(file, { sampleRate: 96000, channels: 1, bits: '16', frames: Math.round((FRAMES * 96000) / RATE) });
  const loud = await converted(from, at('loud.flac'), '--loudness', '-20', '--true-peak', '-3');
  t.ok(Math.abs(loud.loudness.integratedLufs + 20) < 0.05, `${loud.loudness.integratedLufs} LUFS`);
  const limited = await commands.run('convert', from, at('limited.flac'), '--loudness', '0', '--true-peak', '-3');
  t.match(limited, { code: 0, stderr: /warning: its true peak did not let it become as loud as wanted/ });
  const wide = await converted(at('to.wav'), at('wide.wav'), '--channels', '6');
  t.match(wide, { channels: 6, bits: '16' });
  const mono = (await openMedia(at('to.wav'))).data[0]!;
  t.ok(isSame((await openMedia(at('wide.wav'))).data, Array(6).fill(mono)), 'mono goes to all');
});

t.test(
  'the class of the resampler says how much of the top is kept, also where it waits for its loudness',
  async (t) => {
    // the edges of the pass bands of the lower rate: fast to 0.4, standard to 0.45, best to 0.47
    const tones = [0.4, 0.45, 0.47].map((part) => part * RATE);
    const plane = Float32Array.from({ length: FRAMES }, (_, i) =>
      tones.reduce((sum, hz) => sum + 0.1 * Math.cos((2 * Math.PI * hz * i) / RATE), 0),
    );
    const from = await write('top.wav', { depth: 'f32' }, [plane]);
    const lossDb = async (...args: string[]) => {
      const { frames } = await converted(from, at('kept-top.wav'), '--rate', '48000', ...args);
      t.equal(frames, Math.round((FRAMES * 48000) / RATE));
      const [wave] = (await openMedia(at('kept-top.wav'))).data;
      const [low, ...more] = tones.map((hz) => 20 * Math.log10(toneLevel(wave!, 48000, hz)));
      return more.map((db) => low! - db);
    };
    for (const loudness of [[], ['--loudness', '-20']]) {
      const kept: Record<string, boolean[]> = {};
      for (const one of ['fast', 'standard', 'best'])
        kept[one] = (await lossDb('--resampler', one, ...loudness)).map((db) => db < 0.1);
      t.same(kept, { fast: [false, false], standard: [true, false], best: [true, true] }, loudness.join(' '));
      t.same(
        await lossDb(...loudness),
        await lossDb('--resampler', 'standard', ...loudness),
        'standard is the default',
      );
    }
    const refused = await commands.run('convert', from, at('x.wav'), '--resampler', 'worst');
    t.match(refused, { code: 2, stderr: /fast, standard, best/ });
  },
);

t.test('refusals name what is wrong, and leave what was there', async (t) => {
  const from = await write('in.wav', {});
  writeFileSync(at('kept.wav'), 'as it was');
  writeFileSync(at('cut.flac'), readFileSync(at('there.flac')).subarray(0, 50_000));
  writeFileSync(at('cut.wav'), readFileSync(from).subarray(0, 20));
  writeFileSync(at('text.wav'), 'this is no sound at all, but a sentence in English');
  const cases: [args: string[], code: string, says: RegExp][] = [
    [[at('none.wav'), at('x.wav')], 'MEDIA_MISSING', /no such file/],
    [[at('text.wav'), at('x.wav')], 'MEDIA_UNSUPPORTED', /Cannot convert '.*text\.wav': .*looks like/],
    [[at('cut.flac'), at('kept.wav')], 'MEDIA_DAMAGED', /Cannot convert '.*cut\.flac': cannot decode the FLAC file: /],
    [[at('cut.wav'), at('kept.wav')], 'MEDIA_DAMAGED', /Cannot convert '.*cut\.wav': /],
    [[from, from], 'REQUEST_INVALID', /reads that file/],
    [[from, at('x.txt')], 'REQUEST_INVALID', /--format/],
    [[from, at('x.mp3'), '--bits', '16'], 'REQUEST_INVALID', /bit rate instead/],
    [[from, at('x.opus'), '--rate', '44100'], 'REQUEST_INVALID', /48000/],
    [[from, at('x.wav'), '--channels', '5'], 'CHANNELS_MISMATCH', /5 channels of 2/],
    [[from, at('x.wav'), '--tag', 'colour=red'], 'REQUEST_INVALID', /colour.*title, artist/],
    [[from, at('x.wav'), '--true-peak', '-1'], 'REQUEST_INVALID', /--loudness/],
    [[from, at('no/such/x.wav')], 'RENDER_FAILED', /ENOENT/],
  ];
  for (const [args, code, says] of cases) {
    const run = await commands.run('convert', ...args);
    t.equal(run.code, 1, args.join(' '));
    t.equal(run.stderr.split(':')[0], code, run.stderr);
    t.match(run.stderr, says);
  }
  t.equal(statSync(at('kept.wav')).size, 9);
  t.same(
    readdirSync(folder).filter((name) => /^x|part|spool/.test(name)),
    [],
  );
});
