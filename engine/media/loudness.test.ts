import t, { type Test } from 'tap';
import { channelWeights, kWeighting } from './k-weighting.ts';
import { Loudness } from './loudness.ts';

const FS = 48000;
type Part = [db: number, seconds: number];

/** A stereo sine of 1 kHz (or hz) whose level changes at the ends of parts, in one phase throughout. */
function tone(parts: readonly Part[], hz = 1000, channels = 2, sampleRate = FS): Float32Array[] {
  const frames = parts.reduce((sum, [, seconds]) => sum + Math.round(seconds * sampleRate), 0);
  const wave = new Float32Array(frames);
  let at = 0;
  for (const [db, seconds] of parts) {
    const gain = 10 ** (db / 20);
    for (const end = at + Math.round(seconds * sampleRate); at < end; at++)
      wave[at] = gain * Math.sin((2 * Math.PI * hz * at) / sampleRate);
  }
  return Array.from({ length: channels }, () => wave);
}

function measure(planes: readonly Float32Array[], sampleRate = FS, pieceFrames = planes[0]!.length) {
  const loudness = new Loudness(sampleRate, planes.length);
  const { length } = planes[0]!;
  for (let at = 0; at < length; at += pieceFrames) loudness.add(planes, Math.min(pieceFrames, length - at), at);
  return loudness.result();
}

const near = (t: Test, found: number | undefined, wanted: number, within: number, what: string) =>
  t.ok(
    found !== undefined && Math.abs(found - wanted) <= within,
    `${what}: ${found?.toFixed(3)}, wanted ${wanted} ±${within}`,
  );

t.test('K weighting has the numbers of BS.1770 at 48 kHz', async (t) => {
  const { shelf, highPass } = kWeighting(48000);
  const wanted = [1.53512485958697, -2.69169618940638, 1.19839281085285, -1.69065929318241, 0.73248077421585];
  for (const [i, value] of wanted.entries()) t.ok(Math.abs(shelf[i]! - value) < 1e-13, `shelf ${i}`);
  t.ok(Math.abs(highPass[3]! + 1.99004745483398) < 1e-13);
  t.ok(Math.abs(highPass[4]! - 0.99007225036621) < 1e-13);
});

t.test('EBU Tech 3341: cases 1 to 6', async (t) => {
  const cases: [string, Float32Array[], number][] = [
    ['1', tone([[-23, 20]]), -23],
    ['2', tone([[-33, 20]]), -33],
    [
      '3',
      tone([
        [-36, 10],
        [-23, 60],
        [-36, 10],
      ]),
      -23,
    ],
    [
      '4',
      tone([
        [-72, 10],
        [-36, 10],
        [-23, 60],
        [-36, 10],
        [-72, 10],
      ]),
      -23,
    ],
    [
      '5',
      tone([
        [-26, 20],
        [-20, 20.1],
        [-26, 20],
      ]),
      -23,
    ],
  ];
  for (const [name, planes, wanted] of cases) near(t, measure(planes).integratedLufs, wanted, 0.1, `case ${name}`);
  const near5 = (db: number) => tone([[db, 20]], 1000, 1)[0]!;
  const surround = [near5(-28), near5(-28), near5(-24), new Float32Array(20 * FS).fill(0.5), near5(-30), near5(-30)];
  near(t, measure(surround).integratedLufs, -23, 0.1, 'case 6, with a loud low-frequency channel that does not count');
  const first = measure(cases[0]![1]);
  near(t, first.momentaryMaxLufs, -23, 0.1, 'case 1, momentary');
  near(t, first.shortTermMaxLufs, -23, 0.1, 'case 1, short-term');
});

t.test('EBU Tech 3341: cases 9 to 14, the loudest moment wherever it begins', async (t) => {
  const nine = Array.from(
    { length: 5 },
    () =>
      [
        [-20, 1.34],
        [-30, 1.66],
      ] as Part[],
  ).flat();
  near(t, measure(tone(nine)).shortTermMaxLufs, -23, 0.1, 'case 9');
  for (let i = 0; i < 20; i++)
    near(
      t,
      measure(
        tone([
          [-400, 0.15 * i],
          [-23, 3],
          [-400, 1],
        ]),
      ).shortTermMaxLufs,
      -23,
      0.1,
      `case 10, ${i}`,
    );
  const twelve = Array.from(
    { length: 25 },
    () =>
      [
        [-20, 0.18],
        [-30, 0.22],
      ] as Part[],
  ).flat();
  near(t, measure(tone(twelve)).momentaryMaxLufs, -23, 0.1, 'case 12');
  for (let i = 0; i < 20; i++)
    near(
      t,
      measure(
        tone([
          [-400, 0.02 * i],
          [-23, 0.4],
          [-400, 1],
        ]),
      ).momentaryMaxLufs,
      -23,
      0.1,
      `case 13, ${i}`,
    );
});

t.test('EBU Tech 3341: cases 15 to 19, true peaks', async (t) => {
  const sine = (part: number, degrees: number, gain: number) => [
    // faded in and out: a sine that begins in its middle has a step, which is louder than itself
    Float32Array.from({ length: FS / 4 }, (_, i) => {
      const fade = Math.min(1, i / 1000, (FS / 4 - i) / 1000);
      return fade * gain * Math.sin(2 * Math.PI * part * i + (degrees * Math.PI) / 180);
    }),
  ];
  for (const [name, part, degrees, gain, wanted] of [
    ['15', 1 / 4, 0, 0.5, -6],
    ['16', 1 / 4, 45, 0.5, -6],
    ['17', 1 / 6, 60, 0.5, -6],
    ['18', 1 / 8, 67.5, 0.5, -6],
    ['19', 1 / 4, 45, 1.41, 3],
  ] as const) {
    const { truePeakDb } = measure(sine(part, degrees, gain));
    t.ok(
      truePeakDb !== undefined && truePeakDb < wanted + 0.2 && truePeakDb > wanted - 0.4,
      `case ${name}: ${truePeakDb}`,
    );
  }
});

t.test('EBU Tech 3342: cases 1 to 4, the range', async (t) => {
  for (const [name, parts, wanted] of [
    [
      '1',
      [
        [-20, 20],
        [-30, 20],
      ],
      10,
    ],
    [
      '2',
      [
        [-20, 20],
        [-15, 20],
      ],
      5,
    ],
    [
      '3',
      [
        [-40, 20],
        [-20, 20],
      ],
      20,
    ],
    [
      '4',
      [
        [-50, 20],
        [-35, 20],
        [-20, 20],
        [-35, 20],
        [-50, 20],
      ],
      15,
    ],
  ] as [string, Part[], number][])
    near(t, measure(tone(parts, 1000, 2, 16000), 16000).rangeLu, wanted, 0.1, `case ${name}`);
});

t.test('loudness is the same for any cut into pieces, at any rate', async (t) => {
  const planes = tone(
    [
      [-30, 1],
      [-18, 2.5],
      [-24, 1],
    ],
    997,
  );
  const whole = measure(planes);
  for (const pieceFrames of [1000, 4801]) t.same(measure(planes, FS, pieceFrames), whole, `${pieceFrames} frames`);
  for (const rate of [8000, 11025, 44100, 96000, 192000]) {
    const { integratedLufs } = measure(tone([[-23, 5]], 1000, 2, rate), rate);
    near(t, integratedLufs, -23, 0.1, `${rate} Hz`);
  }
});

t.test('what cannot be said is absent', async (t) => {
  t.same(measure([new Float32Array(FS)]), {}, 'silence');
  const short = measure(tone([[-20, 0.3]]));
  t.same(Object.keys(short).sort(), ['samplePeakDb', 'truePeakDb'], 'less than a block');
  t.equal(channelWeights(6)[3], 0);
});
