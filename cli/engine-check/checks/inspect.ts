import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { check, type EngineEvent, MediaFacts } from '@audiocloud/api';
import { type CheckContext, inFolder, need } from '../check-context.ts';
import { want } from '../outcome.ts';
import { writeWav } from '../wav-file.ts';

const RATE = 48000;
const FRAMES = 70_001;

/** A sound of two channels: a wave between -0.25 and 0.5, and its half. */
function sound(context: CheckContext): { path: string; planes: Float32Array[] } {
  const path = inFolder(context, `${context.newId()}.wav`);
  const wave = Float32Array.from({ length: FRAMES }, (_, i) => 0.125 + 0.375 * Math.sin((2 * Math.PI * i) / 480));
  const planes = [wave, wave.map((x) => x / 2)];
  writeWav(path, RATE, planes);
  return { path, planes };
}

export async function inspectFacts(context: CheckContext): Promise<string> {
  need(context, 'media');
  const { path } = sound(context);
  const line = await context.greeted();
  const result = await line.result({ type: 'inspect', job: context.newId(), path });
  const facts = check(MediaFacts, result, 'the answer to inspect', 'MESSAGE_INVALID');
  const { container, sampleRate, channels, frames, isLossy, loudness } = facts;
  want(container === 'wav' && !isLossy, `container ${container}, lossy ${isLossy}`);
  want(sampleRate === RATE && channels === 2, `${channels} channels at ${sampleRate} Hz`);
  want(frames === FRAMES, `${frames} frames, the file has ${FRAMES}`);
  const peak = loudness.samplePeakDb ?? Number.NEGATIVE_INFINITY;
  want(Math.abs(peak + 6.02) < 0.01, `a sample peak of ${peak} dB, the file has -6.02`);
  return `${frames} frames, peak ${peak.toFixed(2)} dB`;
}

export async function inspectPeaks(context: CheckContext): Promise<string> {
  need(context, 'media');
  const { path, planes } = sound(context);
  const line = await context.greeted();
  const peaksPath = `${path}.peaks`;
  await line.result({ type: 'inspect', job: context.newId(), path, peaksPath });
  want(existsSync(peaksPath), 'there is no file of peaks');
  const bytes = readFileSync(peaksPath);
  want(bytes.toString('latin1', 0, 8) === 'ACPEAKS\0' && bytes.readUInt16LE(8) === 1, 'it does not begin as version 1');
  want(bytes.readUInt16LE(10) === 2 && Number(bytes.readBigUInt64LE(16)) === FRAMES, 'channels or frames are others');
  for (let level = 0; level < bytes.readUInt32LE(24); level++) {
    const framesPerPair = bytes.readUInt32LE(32 + 24 * level);
    const offset = Number(bytes.readBigUInt64LE(40 + 24 * level));
    const pairs = Number(bytes.readBigUInt64LE(48 + 24 * level));
    want(pairs === Math.ceil(FRAMES / framesPerPair), `${pairs} pairs of ${framesPerPair} frames`);
    for (let pair = 0; pair < pairs; pair++)
      for (const [c, plane] of planes.entries()) {
        const stretch = plane.subarray(pair * framesPerPair, (pair + 1) * framesPerPair);
        const least = stretch.reduce((a, b) => Math.min(a, b));
        const most = stretch.reduce((a, b) => Math.max(a, b));
        const at = offset + 8 * pair + 4 * c;
        const isRight =
          bytes.readInt16LE(at) === Math.floor(least * 32768) && bytes.readInt16LE(at + 2) === Math.ceil(most * 32768);
        want(isRight, `pair ${pair} of ${framesPerPair} frames, channel ${c}, is another`);
      }
  }
  return `${bytes.length} bytes`;
}

export async function inspectProgress(context: CheckContext): Promise<string> {
  need(context, 'media');
  const { path } = sound(context);
  const job = context.newId();
  const line = await context.greeted();
  await line.result({ type: 'inspect', job, path });
  await line.event('progress', (event) => event.job === job && event.frames === event.ofFrames);
  const isOurs = (event: unknown): event is Extract<EngineEvent, { type: 'progress' }> =>
    (event as EngineEvent).type === 'progress' && (event as { job: string }).job === job;
  const told = line.events.filter(isOurs);
  let before = 0;
  for (const { frames, ofFrames } of told) {
    want(frames >= before && frames <= ofFrames, `${frames} of ${ofFrames} frames after ${before}`);
    before = frames;
  }
  return `told ${told.length} times`;
}

export async function inspectRefused(context: CheckContext): Promise<string> {
  need(context, 'media');
  const line = await context.greeted();
  const { path } = sound(context);
  const inspect = { type: 'inspect', job: context.newId(), path } as const;
  const refusals = [
    await line.refused({ ...inspect, path: `${path}.nothing` }, 'MEDIA_MISSING'),
    await line.refused({ ...inspect, limits: { seconds: 1 } }, 'TOO_LARGE'),
  ];
  const words = inFolder(context, `${context.newId()}.wav`);
  writeFileSync(words, 'these are words');
  refusals.push(await line.refused({ ...inspect, path: words }, 'MEDIA_UNSUPPORTED'));
  truncateSync(path, 1000);
  const peaksPath = `${path}.peaks`;
  refusals.push(await line.refused({ ...inspect, peaksPath }, 'MEDIA_DAMAGED'));
  want(!existsSync(peaksPath), 'a refusal left peaks');
  return refusals.map(({ code }) => code).join(', ');
}
