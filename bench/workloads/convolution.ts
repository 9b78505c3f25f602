import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Task } from '@audiocloud/api';
import { type AudioData, wavHeader } from '@audiocloud/engine';
import { type Contest, hold } from '../contest.ts';
import { chromium, renderChromium } from '../peers/chromium.ts';
import { csound, renderCsound } from '../peers/csound.ts';
import { ffmpeg, renderFfmpeg } from '../peers/ffmpeg.ts';
import { OwnKernel } from '../peers/own-kernel.ts';
import { folderOfRun, type Rendered } from '../peers/peer.ts';
import { nodeWebAudio, renderNodeWebAudio, type WebAudioGraph } from '../peers/web-audio.ts';
import { type Bench, type Row, row, type Workload } from '../row.ts';
import { noise } from '../signals.ts';

/*
 * The convolution reverb on stereo noise from media, in a loop, beside convolvers that others wrote: ours and those of Web Audio are
 * not late, csound's and ffmpeg's are late by a part, which is taken off before the null. Then its blocks one by one: what each size
 * costs in the mean, and how much dearer its dearest block is.
 */
const RATE = 48000;
const MEDIA_SECONDS = 4;
const SOUND_PEAK = 0.25;
const RESPONSE_PEAK = 0.05;
/** Frames of a part where an engine has parts of one length; so late it is. */
const PART_FRAMES = 1024;

const sound = noise(2, MEDIA_SECONDS * RATE, SOUND_PEAK);

/** Noise that fades by the fourth power of what is left. */
function response(channels: number, seconds: number): AudioData {
  const made = noise(channels, Math.round(seconds * RATE), RESPONSE_PEAK);
  for (const plane of made.data)
    plane.forEach((x, n) => {
      plane[n] = x * (1 - n / plane.length) ** 4;
    });
  return made;
}

const task = (seconds: number): Task => ({
  sampleRate: RATE,
  media: { noise: { path: 'noise.wav' }, [`${seconds} s`]: { path: 'response.wav' } },
  tracks: { player: { channels: 2, clips: [{ media: 'noise', startSeconds: 0 }] } },
  loop: { startSeconds: 0, endSeconds: MEDIA_SECONDS },
  instances: {
    reverb: {
      model: 'audiocloud:convolution',
      parameters: { dry: -120, wet: 0, normalise: false },
      media: { impulse: `${seconds} s` },
    },
  },
  connections: {
    a: { from: { node: 'player' }, to: { node: 'reverb' } },
    b: { from: { node: 'reverb' }, to: { node: 'main' } },
  },
  sinks: { main: { kind: 'stream', channels: 2 } },
});

interface Spec {
  mediaSeconds: number;
  soundPeak: number;
  responseSeconds: number;
  responsePeak: number;
}

const webAudio: WebAudioGraph<Spec> = (context, { mediaSeconds, soundPeak, responseSeconds, responsePeak }) => {
  // the same noise as in signals.ts: this function is sent to the browser and can use nothing else
  const bufferOf = (seconds: number, peak: number, power: number) => {
    const frames = Math.round(seconds * 48000);
    const buffer = context.createBuffer(2, frames, 48000);
    let state = 1;
    for (let channel = 0; channel < 2; channel++) {
      const plane = buffer.getChannelData(channel);
      for (let i = 0; i < frames; i++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        plane[i] = (state / 2 ** 31 - 1) * peak * (1 - i / frames) ** power;
      }
    }
    return buffer;
  };
  const source = context.createBufferSource();
  source.buffer = bufferOf(mediaSeconds, soundPeak, 0);
  source.loop = true;
  const convolver = context.createConvolver();
  convolver.normalize = false;
  convolver.buffer = bufferOf(responseSeconds, responsePeak, 4);
  source.connect(convolver).connect(context.destination);
  source.start();
};
const spec = (responseSeconds: number): Spec => ({
  mediaSeconds: MEDIA_SECONDS,
  soundPeak: SOUND_PEAK,
  responseSeconds,
  responsePeak: RESPONSE_PEAK,
});

/** The sound in its loop, as long as this. */
const looped = (seconds: number): Float32Array[] =>
  sound.data.map((plane) =>
    Float32Array.from({ length: Math.ceil(seconds * RATE) }, (_, n) => plane[n % plane.length]!),
  );

/** What comes after the first frames, and silence. */
const earlier = ({ seconds, channels }: Rendered, frames: number): Rendered => ({
  seconds,
  channels: channels.map((plane) => plane.subarray(frames)),
});

function wavFile(name: string, plane: Float32Array): string {
  const file = join(folderOfRun(), name);
  writeFileSync(file, Buffer.concat([wavHeader(RATE, 1, '32f', plane.length), new Uint8Array(plane.slice().buffer)]));
  return file;
}

async function throughCsound(responseSeconds: number, seconds: number): Promise<Rendered> {
  const ways = response(2, responseSeconds).data.map((plane, c) => wavFile(`response-${c}.wav`, plane));
  const inputs = looped(seconds + PART_FRAMES / RATE).map((plane, c) => wavFile(`noise-${c}.wav`, plane));
  const orchestra = `${ways.map((file, c) => `gi${c} ftgen ${c + 1}, 0, 0, -1, "${file}", 0, 0, 0`).join('\n')}
instr 1
${inputs.map((file, c) => `ain${c} diskin2 "${file}"\naout${c} ftconv ain${c}, ${c + 1}, ${PART_FRAMES}`).join('\n')}
outs aout0, aout1
endin`;
  return earlier(await renderCsound(orchestra, `i 1 0 ${seconds + PART_FRAMES / RATE}`, 2), PART_FRAMES);
}

async function throughFfmpeg(responseSeconds: number, seconds: number): Promise<Rendered> {
  const filter = '[0][1]afir=gtype=none:irfmt=input:irgain=0.5'; // this version gives twice the response
  return renderFfmpeg([looped(seconds), response(2, responseSeconds).data], filter, 2);
}

const contest = (seconds: number): Contest<number> => ({
  id: `convolution/${seconds}-s`,
  name: `convolution reverb, stereo, ${seconds} s of response`,
  ours: task,
  media: { noise: sound, [`${seconds} s`]: response(2, seconds) },
  contestants: [
    { peer: chromium, proof: 'null', render: (s, length) => renderChromium(webAudio, spec(s), length, 2) },
    { peer: nodeWebAudio, proof: 'null', render: (s, length) => renderNodeWebAudio(webAudio, spec(s), length, 2) },
    { peer: csound, proof: 'null', render: throughCsound, note: `ftconv, late by a part of ${PART_FRAMES} frames` },
    { peer: ffmpeg, proof: 'null', render: throughFfmpeg, note: 'afir as it comes, offline' },
  ],
  proofs: [{ variant: seconds, what: 'stereo noise', fromSeconds: 0.1, toSeconds: 1.5 }],
  timed: seconds,
  lengthSeconds: 30,
  goals: { [chromium.name]: 1 },
});

/** The parts of a convolver come round in this many frames. */
const ROUND_FRAMES = 16384;
/** How much dearer than the mean the dearest block may be. */
const EVEN = 1.5;

/** The mean and the dearest block; each block is the shortest of its passes, so that what disturbs the machine falls out. */
function blocks(seconds: number, channels: number, blockFrames: number, bench: Bench): Row {
  bench.say(`convolution: ${seconds} s, ${channels} channels, blocks of ${blockFrames}`);
  const kernel = new OwnKernel('audiocloud:convolution', {
    channels,
    instances: 1,
    parameters: { dry: -120, wet: 0 },
    input: noise(channels, 4 * ROUND_FRAMES, SOUND_PEAK).data,
    media: [response(channels, seconds)],
    blockFrames,
  });
  // until all of the response is at work; a quick run has no figures that this could spoil
  kernel.time(bench.quick ? 1 : Math.ceil((seconds * RATE) / (4 * ROUND_FRAMES)) + 4);
  const times = kernel.blockTimes(bench.quick ? 1 : 40);
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  const worst = times.reduce((most, time) => Math.max(most, time), 0);
  return row({
    id: `convolution/even/${seconds}-s/${channels === 1 ? 'mono' : 'stereo'}/${blockFrames}`,
    name: `convolution reverb, ${channels === 1 ? 'mono' : 'stereo'}, ${seconds} s: its dearest block of ${blockFrames} by the mean`,
    unit: 'ratio',
    value: worst / mean,
    goal: EVEN,
    note: `a frame ${((mean / blockFrames) * 1e9).toFixed(1)} ns, a block ${(mean * 1e6).toFixed(1)} us, the dearest ${(worst * 1e6).toFixed(1)} us`,
  });
}

async function run(bench: Bench): Promise<Row[]> {
  const rows: Row[] = [];
  for (const seconds of [0.1, 1, 3, 10])
    for (const channels of [1, 2])
      for (const blockFrames of [32, 64, 128, 512]) rows.push(blocks(seconds, channels, blockFrames, bench));
  for (const seconds of [1, 10]) rows.push(...(await hold(contest(seconds), bench)));
  return rows;
}

export const convolution: Workload = {
  id: 'convolution',
  name: 'convolution reverb',
  about:
    'The convolution reverb beside those of Web Audio, csound and ffmpeg on stereo noise, and its blocks one by one: how much dearer the dearest is than the mean.',
  run,
};
