import { AudioContext } from 'node-web-audio-api';
import type { ProbeResult } from './web-audio.ts';

/** Run as a process: opens the card, sees whether its clock moves, prints a ProbeResult. */
async function probe(sampleRate: number): Promise<ProbeResult> {
  try {
    const context = new AudioContext({ sampleRate, latencyHint: 'playback' });
    await context.resume();
    const until = performance.now() + 2000;
    while (context.currentTime === 0 && performance.now() < until) await new Promise((wake) => setTimeout(wake, 20));
    if (context.currentTime === 0) return { error: 'its clock does not move' };
    return { sampleRate: context.sampleRate, maxChannelCount: context.destination.maxChannelCount };
  } catch (thrown) {
    return { error: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

// written with a callback: process.exit alone would cut the line off
const result = await probe(Number(process.argv[2]));
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0));
