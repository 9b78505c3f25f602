import type { Instance, Task } from '@audiocloud/api';
import { type Contest, type Contestant, hold, type Proof } from '../contest.ts';
import { chromium, renderChromium } from '../peers/chromium.ts';
import { faust, renderFaust } from '../peers/faust.ts';
import { nodeWebAudio, renderNodeWebAudio, type WebAudioGraph } from '../peers/web-audio.ts';
import type { Bench, Row, Workload } from '../row.ts';
import { noise } from '../signals.ts';

/*
 * Tasks as users have them: stereo noise from media, played in a loop, through one processor or all of them. Where a peer
 * has the same processor it is nulled and measured beside ours. Web Audio's compressor is of another make (its level
 * cannot be brought within 0.1 dB), and Faust links channels behind the smoothing, so ours are free here. No peer here
 * has a loudness meter: that is reported alone.
 */
const MEDIA_SECONDS = 4;
const PEAK = 0.25;
const DELAY_FRAMES = 96000;
const media = { noise: noise(2, MEDIA_SECONDS * 48000, PEAK) };

const EQUALIZER: Instance = {
  model: 'audiocloud:equalizer',
  parameters: {
    type: ['low-cut', 'low-shelf', 'bell', 'high-shelf'],
    frequency: [80, 200, 1000, 8000],
    gain: [0, 3, -3, 3],
    q: [Math.SQRT1_2, Math.SQRT1_2, 1, Math.SQRT1_2],
    slope: [12],
  },
};
const COMPRESSOR: Instance = {
  model: 'audiocloud:compressor',
  parameters: { threshold: -24, ratio: 4, attack: 5, release: 100, link: false },
};
const DELAY: Instance = { model: 'audiocloud:delay', parameters: { delay: DELAY_FRAMES } };
const METER: Instance = { model: 'audiocloud:meter' };

/** The processors in series. */
function task(chain: Instance[]): Task {
  const instances: NonNullable<Task['instances']> = {};
  const connections: NonNullable<Task['connections']> = {};
  chain.forEach((instance, i) => {
    instances[`x${i}`] = instance;
    connections[`c${i}`] = { from: { node: i === 0 ? 'player' : `x${i - 1}` }, to: { node: `x${i}` } };
  });
  connections['main'] = { from: { node: `x${chain.length - 1}` }, to: { node: 'main' } };
  return {
    sampleRate: 48000,
    media: { noise: { path: 'noise.wav' } },
    tracks: { player: { channels: 2, clips: [{ media: 'noise', startSeconds: 0 }] } },
    loop: { startSeconds: 0, endSeconds: MEDIA_SECONDS },
    instances,
    connections,
    sinks: { main: { kind: 'stream', channels: 2 } },
  };
}

interface Processor {
  kind: 'equalizer' | 'delay';
  mediaSeconds: number;
  peak: number;
  delaySeconds: number;
}

const webAudio: WebAudioGraph<Processor> = (context, { kind, mediaSeconds, peak, delaySeconds }) => {
  const frames = mediaSeconds * 48000;
  const buffer = context.createBuffer(2, frames, 48000);
  let state = 1; // the same noise as in signals.ts: this function is sent to the browser and can use nothing else
  for (let channel = 0; channel < 2; channel++) {
    const plane = buffer.getChannelData(channel);
    for (let i = 0; i < frames; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      plane[i] = (state / 2 ** 31 - 1) * peak;
    }
  }
  const source = context.createBufferSource();
  source.buffer = buffer;
  source.loop = true;
  let last: AudioNode = source;
  if (kind === 'delay') {
    const delay = context.createDelay(delaySeconds + 0.5);
    delay.delayTime.value = delaySeconds;
    last = last.connect(delay);
  } else {
    const bands: [BiquadFilterType, number, number, number][] = [
      ['highpass', 80, 0, 20 * Math.log10(Math.SQRT1_2)],
      ['lowshelf', 200, 3, 1],
      ['peaking', 1000, -3, 1],
      ['highshelf', 8000, 3, 1],
    ];
    for (const [type, frequency, gain, q] of bands) {
      const filter = context.createBiquadFilter();
      filter.type = type;
      filter.frequency.value = frequency;
      filter.gain.value = gain;
      filter.Q.value = q;
      last = last.connect(filter);
    }
  }
  last.connect(context.destination);
  source.start();
};

const webAudioPeers = (kind: Processor['kind']): Contestant<Instance[]>[] => {
  const spec = { kind, mediaSeconds: MEDIA_SECONDS, peak: PEAK, delaySeconds: DELAY_FRAMES / 48000 };
  return [
    { peer: nodeWebAudio, proof: 'null', render: (_, length) => renderNodeWebAudio(webAudio, spec, length, 2) },
    { peer: chromium, proof: 'null', render: (_, length) => renderChromium(webAudio, spec, length, 2) },
  ];
};

const slider = (name: string, value: number) => `hslider("${name}", ${value}, -20000, 20000, 0.000001)`;
/** The same design as ours: peaks of each channel, the static curve, the reduction in dB smoothed. */
const FAUST_COMPRESSOR = `import("stdfaust.lib");
process = co.FFcompressor_N_chan(${slider('strength', 0.75)}, ${slider('thresh', -24)}, ${slider('att', 0.005)}, ${slider('rel', 0.1)}, 0, 1, 0, _, 2);
`;
const FAUST_EQUALIZER = `import("stdfaust.lib");
band = fi.svf.hp(${slider('hp', 80)}, sqrt(0.5)) : fi.svf.ls(${slider('lsf', 200)}, sqrt(0.5), ${slider('lsg', 3)})
  : fi.svf.bell(${slider('pkf', 1000)}, 1, ${slider('pkg', -3)}) : fi.svf.hs(${slider('hsf', 8000)}, sqrt(0.5), ${slider('hsg', 3)});
process = band, band;
`;
const faustPeer = (source: string): Contestant<Instance[]> => ({
  peer: faust,
  proof: 'null',
  render: (_, lengthSeconds) =>
    renderFaust({
      source,
      instances: [{}],
      lengthSeconds,
      channels: 2,
      input: media.noise.data.map((plane) => Float32Array.from(plane)),
    }),
  note: 'one compiled loop without a host around it; coefficients anew in every block',
});

const contest = (
  id: string,
  name: string,
  chain: Instance[],
  contestants: Contestant<Instance[]>[],
  window: Pick<Proof<Instance[]>, 'fromSeconds' | 'toSeconds'> = { fromSeconds: 0.1, toSeconds: 1 },
): Contest<Instance[]> => ({
  id: `reference/${id}`,
  name,
  ours: task,
  media,
  contestants,
  proofs: [{ variant: chain, what: 'stereo noise', ...window }],
  timed: chain,
  lengthSeconds: 60,
  ...(contestants.some(({ peer }) => peer === nodeWebAudio) ? { goals: { [nodeWebAudio.name]: 0.5 } } : {}),
});

const CONTESTS: Contest<Instance[]>[] = [
  contest(
    'equalizer',
    'equalizer of 4 bands, stereo',
    [EQUALIZER],
    [...webAudioPeers('equalizer'), faustPeer(FAUST_EQUALIZER)],
  ),
  contest('compressor', 'compressor, stereo', [COMPRESSOR], [faustPeer(FAUST_COMPRESSOR)]),
  contest('delay', 'delay of 2 s, stereo', [DELAY], webAudioPeers('delay'), { fromSeconds: 2.1, toSeconds: 3 }),
  contest('meter', 'loudness meter, stereo', [METER], []),
  contest(
    'chain',
    'equalizer, compressor, delay and meter in series, stereo',
    [EQUALIZER, COMPRESSOR, DELAY, METER],
    [],
  ),
];

async function run(bench: Bench): Promise<Row[]> {
  const rows: Row[] = [];
  for (const one of CONTESTS) rows.push(...(await hold(one, bench)));
  return rows;
}

export const reference: Workload = {
  id: 'reference',
  name: 'reference tasks on one core',
  about:
    'Stereo noise from media through one processor or all of them, as fast as one core goes: `x real time` is how many such tasks a core carries.',
  run,
};
