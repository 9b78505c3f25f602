import { setTimeout as sleep } from 'node:timers/promises';
import { type Packet, samplesOf } from '@audiocloud/api';
import type { CheckContext } from '../check-context.ts';
import { want } from '../outcome.ts';
import { type Loaded, loaded, taskState } from './loading.ts';
import { change } from './transport.ts';

/** Rounding of f32 in a mix of one clip. */
const TOLERANCE = 1e-6;

const listen = ({ line, task }: Loaded, stream: number, format: 'f32' | 's16' = 'f32') =>
  line.askAudio({ type: 'listen', stream, task, format });

/** Packets that follow each other from the first frame on, of one play and one form. */
function wantWhole(packets: readonly Packet[], sampleRate: number): void {
  let frames = 0;
  packets.forEach((packet, i) => {
    const { serial, streamFrame, playId, channels } = packet;
    want(serial === packets[0]!.serial + i, `packet ${i} has serial ${serial}, the first has ${packets[0]!.serial}`);
    want(streamFrame === frames, `packet ${i} begins at stream frame ${streamFrame}, wanted ${frames}`);
    want(playId === packets[0]!.playId, `packet ${i} is of play ${playId}, the first of ${packets[0]!.playId}`);
    want(packet.sampleRate === sampleRate, `packet ${i} has ${packet.sampleRate} Hz`);
    want(channels === 2, `packet ${i} has ${channels} channels`);
    frames += packet.frames;
  });
}

/** Interleaved, full scale ±1. */
const samplesOfAll = (packets: readonly Packet[]): number[] => packets.flatMap((packet) => [...samplesOf(packet)]);

function wantSamples(heard: readonly number[], samples: readonly Float32Array[], tolerance: number): void {
  const length = Math.min(heard.length, samples[0]!.length * 2);
  for (let i = 0; i < length; i++) {
    const wanted = samples[i % 2]![i >> 1]!;
    want(Math.abs(heard[i]! - wanted) <= tolerance, `frame ${i >> 1} is ${heard[i]}, wanted ${wanted}`);
  }
}

/** Plays with a stream, from the beginning, for a quarter of a second. */
async function heardFromStart(context: CheckContext, format: 'f32' | 's16' = 'f32') {
  const one = await loaded(context);
  await listen(one, 1, format);
  await sleep(50); // there is no answer on the audio stream
  const { playId, sampleRate } = await change(one, { play: true });
  const packets = await one.line.heard(1, sampleRate / 4);
  return { one, packets: [...packets], playId, sampleRate };
}

export async function streamPackets(context: CheckContext): Promise<string> {
  const { packets, playId, sampleRate } = await heardFromStart(context);
  wantWhole(packets, sampleRate);
  want(packets[0]!.playId === playId, `packets of play ${packets[0]!.playId}, the transport says ${playId}`);
  return `${packets.length} packets`;
}

export async function streamSound(context: CheckContext): Promise<string> {
  const { packets, one } = await heardFromStart(context);
  const { latencyFrames } = await taskState(one);
  want(latencyFrames === 0, `a latency of ${latencyFrames} frames without an instance`);
  wantSamples(samplesOfAll(packets), one.samples, TOLERANCE);
  return `${samplesOfAll(packets).length / 2} frames as they are in the media`;
}

export async function streamTimeline(context: CheckContext): Promise<string> {
  const one = await loaded(context);
  await listen(one, 1);
  await sleep(50);
  const { sampleRate } = await change(one, { positionSeconds: 0.25, play: true });
  const [first] = await one.line.heard(1, sampleRate / 10);
  want(first!.timelineFrame === sampleRate / 4, `the first packet is at ${first!.timelineFrame} of the timeline`);
  wantSamples(
    samplesOfAll([first!]),
    one.samples.map((plane) => plane.subarray(sampleRate / 4)),
    TOLERANCE,
  );
  return `begins at frame ${first!.timelineFrame}`;
}

export async function streamS16(context: CheckContext): Promise<string> {
  const { packets, one } = await heardFromStart(context, 's16');
  want(
    packets.every(({ format }) => format === 's16'),
    'packets of another format',
  );
  wantSamples(samplesOfAll(packets), one.samples, 0.5 / 32768 + TOLERANCE);
  return 'rounded to the nearest';
}

export async function streamUnlisten(context: CheckContext): Promise<string> {
  const { one, sampleRate } = await heardFromStart(context);
  const { line } = one;
  await listen(one, 2);
  await line.heard(2, sampleRate / 10);
  await line.askAudio({ type: 'unlisten', stream: 1 });
  await sleep(200);
  const [ended, going] = [line.framesOf(1), line.framesOf(2)];
  await line.heard(2, going + sampleRate / 10);
  want(line.framesOf(1) === ended, 'packets came after unlisten');
  return 'one stream ended, the other went on';
}

export async function streamStops(context: CheckContext): Promise<string> {
  const { one } = await heardFromStart(context);
  await change(one, { play: false });
  const { transport } = await taskState(one);
  await one.line.until(() => one.line.framesOf(1) >= transport!.streamFrame, 'all that was played');
  await sleep(200);
  const heard = one.line.framesOf(1);
  want(heard === transport!.streamFrame, `${heard} frames came of ${transport!.streamFrame} that were played`);
  return `${heard} frames, as many as were played`;
}

export async function streamBadRequest(context: CheckContext): Promise<string> {
  const { one, sampleRate } = await heardFromStart(context);
  const { line } = one;
  for (const text of ['{ not json', 'null', '{"type":"sing"}', '{"type":"listen","stream":-1}'])
    await line.askAudio(text);
  await line.heard(1, line.framesOf(1) + sampleRate / 4);
  wantWhole(line.packets.get(1)!, sampleRate);
  return 'the stream goes on';
}
