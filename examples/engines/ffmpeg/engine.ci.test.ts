import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Task } from '@audiocloud/api';
import { openMedia, Registry, renderTask } from '@audiocloud/engine';
import t from 'tap';
import { checkEngine } from '../../../cli/engine-check/check-engine.ts';
import { EngineLine } from '../../../cli/engine-check/engine-line.ts';
import { startEngine } from '../../../cli/engine-check/start-engine.ts';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const start = () => startEngine([process.execPath, path('engine.ts'), '--data', '{data}']);
t.setTimeout(3 * 60 * 1000);

t.test('the ffmpeg engine passes the offline part of the checks', async (t) => {
  const { checks, engine } = await checkEngine({ start });
  t.same(engine.abilities, ['offline']);
  t.same(
    checks.filter(({ result }) => result === 'failed' || result === 'crashed'),
    [],
  );
  const skipped = new Set(checks.filter(({ result }) => result === 'skipped').map(({ area }) => area));
  t.same(
    [...skipped],
    ['load', 'load errors', 'transport', 'set', 'events', 'audio stream', 'media', 'rendered or refused'],
  );
});

/** Loops of the examples, a tone, and gains: maker is whose gain and tone they are. */
const mixOf = (maker: 'audiocloud' | 'ffmpeg'): Task => ({
  sampleRate: 48000,
  media: { drums: { path: 'drums.flac' }, bass: { path: 'bass.flac' } },
  tracks: {
    drums: { channels: 2, clips: [{ media: 'drums', startSeconds: 0.5, fadeInSeconds: 0.3, gainDb: -3 }] },
    bass: {
      channels: 1,
      clips: [
        { media: 'bass', startSeconds: 0, offsetSeconds: 1, lengthSeconds: 2, fadeOutSeconds: 0.5 },
        { media: 'bass', startSeconds: 1.5, lengthSeconds: 1 },
      ],
    },
  },
  instances: {
    tone: { model: `${maker}:tone`, widths: { out: 1 }, parameters: { frequency: 443, level: -24 } },
    quieter: { model: `${maker}:gain`, parameters: { gain: -4.5 } },
  },
  buses: { mix: { inputChannels: 2 } },
  connections: {
    drums: { from: { node: 'drums' }, to: { node: 'quieter' } },
    bass: { from: { node: 'bass' }, to: { node: 'mix' }, pan: -0.4, gainDb: -2 },
    tone: { from: { node: 'tone' }, to: { node: 'mix' }, pan: 0.7 },
    dry: { from: { node: 'quieter' }, to: { node: 'mix' }, offsetFrames: 480 },
    out: { from: { node: 'mix' }, to: { node: 'main' } },
  },
  sinks: { main: { kind: 'stream', channels: 2 } },
});

t.test('a mix sounds as on our engine, within -100 dBFS', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'two-engines-'));
  const engine = await start();
  const line = await EngineLine.open(engine.dataDir, 60_000);
  t.teardown(async () => {
    line.close();
    await engine.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const media = { drums: path('../../media/drums.flac'), bass: path('../../media/bass.flac') };
  const out = join(folder, 'mix.wav');
  const graph = mixOf('ffmpeg');
  await line.result({ type: 'render', job: 'mix', graph, media, path: out, format: 'wav-f32', toSeconds: 4 });
  const theirs = await openMedia(out);
  const opened = await Promise.all(
    Object.entries(media).map(async ([name, file]) => [name, await openMedia(file, { sampleRate: 48000 })] as const),
  );
  const ours = await renderTask({
    task: mixOf('audiocloud'),
    media: Object.fromEntries(opened),
    registry: Registry.open([path('../../../plugins')]),
    toSeconds: 4,
  });
  t.equal(theirs.frames, ours.frames);
  let worst = 0;
  let loudest = 0;
  ours.data.forEach((plane, c) => {
    plane.forEach((x, i) => {
      worst = Math.max(worst, Math.abs(x - theirs.data[c]![i]!));
      loudest = Math.max(loudest, Math.abs(x));
    });
  });
  t.comment(`worst difference ${(20 * Math.log10(worst)).toFixed(1)} dBFS, peak ${loudest.toFixed(2)}`);
  t.ok(loudest > 0.2, 'there is sound');
  // sums in single precision on one side, in double on the other; the phase of the tone is summed, not computed
  t.ok(worst < 1e-5, `the worst sample differs by ${worst}`);
});
