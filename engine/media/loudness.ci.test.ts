import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t from 'tap';
import { Loudness } from './loudness.ts';
import { ffmpeg, ffmpegDecode, missingTool } from './reference-tool.ts';

t.setTimeout(120_000);

const PAD = join(import.meta.dirname, '../../examples/media/pad.flac');

/** What ffmpeg's ebur128 says at the end; a second engine of the same recommendation. */
function ebur128(path: string) {
  const { stderr } = spawnSync(
    'ffmpeg',
    ['-nostdin', '-nostats', '-i', path, '-af', 'ebur128=peak=true+sample', '-f', 'null', '-'],
    {
      encoding: 'utf8',
    },
  );
  const summary = stderr.slice(stderr.lastIndexOf('Summary:'));
  const number = (pattern: RegExp) => Number(pattern.exec(summary)?.[1]);
  return {
    integratedLufs: number(/I:\s+(-?[\d.]+) LUFS/),
    rangeLu: number(/LRA:\s+(-?[\d.]+) LU/),
    truePeakDb: number(/True peak:\s+Peak:\s+(-?[\d.]+) dBFS/),
    samplePeakDb: number(/Sample peak:\s+Peak:\s+(-?[\d.]+) dBFS/),
  };
}

t.test('loudness agrees with ebur128 of ffmpeg', { skip: missingTool('ffmpeg') }, async (t) => {
  const dir = t.testdir();
  const noise = 'anoisesrc=r=48000:seed=7:d=30:c=pink:a=0.5';
  const cases: [string, number, ...string[]][] = [
    ['music', 2, '-i', PAD],
    ['mono', 1, '-i', PAD, '-ac', '1'],
    ['swell', 2, '-f', 'lavfi', '-i', noise, '-af', "volume='0.02+0.9*pow(sin(t/4),2)':eval=frame", '-ac', '2'],
    ['44100', 2, '-f', 'lavfi', '-i', noise, '-ac', '2', '-ar', '44100'],
    ['surround', 6, '-f', 'lavfi', '-i', `${noise},pan=5.1|FL=0.5*c0|FR=0.3*c0|FC=0.4*c0|LFE=c0|BL=0.2*c0|BR=0.6*c0`],
  ];
  for (const [name, channels, ...args] of cases) {
    const path = join(dir, `${name}.wav`);
    ffmpeg(...args, '-c:a', 'pcm_f32le', path);
    const planes = ffmpegDecode(path, channels).map((plane) => Float32Array.from(plane));
    const loudness = new Loudness(name === '44100' ? 44100 : 48000, channels);
    loudness.add(planes, planes[0]!.length);
    const found = loudness.result();
    const wanted = ebur128(path);
    // it prints one digit; it counts short-term windows that are not yet full, which moves the range
    for (const [key, within] of [
      ['integratedLufs', 0.1],
      ['rangeLu', 0.5],
      ['truePeakDb', 0.3],
      ['samplePeakDb', 0.06],
    ] as const)
      t.ok(
        Math.abs(found[key]! - wanted[key]) <= within,
        `${name}: ${key} ${found[key]?.toFixed(2)}, by ffmpeg ${wanted[key]}`,
      );
  }
});
