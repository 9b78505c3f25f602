import { AudioCloudError } from '@audiocloud/api';
import { CHECK_MAX_FRAMES, type CheckContext, type CheckRun, difference, nonFinite, peakOf } from '../check-context.ts';
import { failed, passed, skipped, warning } from '../check-outcome.ts';
import { LAYOUT, STATUS } from '../layout.ts';
import { PluginMemory } from '../plugin-memory.ts';
import type { Probe } from '../probe.ts';
import { chordOf, endOfNotes } from '../trial-notes.ts';

/** Rates that tasks may have: every plugin works there. */
const TASK_RATES_HZ = [8000, 11025, 16000, 22050, 32000, 44100, 48000, 88200, 96000, 176400, 192000];
/** Beyond them a plugin may refuse, in words. */
const OTHER_RATES_HZ = [1000, 2000, 4000, 384000, 768000];
const FRAMES = 2048;

/** From 1 kHz to 768 kHz: finite sound, or a refusal where no task can be. */
export const sampleRates: CheckRun = (context) => {
  const random = context.random(1);
  const refused: number[] = [];
  const rates = [...TASK_RATES_HZ, ...OTHER_RATES_HZ, 8000 + Math.floor(random() * 184000)];
  for (const sampleRate of rates) {
    const isNeeded = !OTHER_RATES_HZ.includes(sampleRate);
    let probe: Probe;
    try {
      probe = context.probe({ sampleRate, parameters: context.randomParameters(sampleRate) });
    } catch (error) {
      if (isNeeded || !(error instanceof AudioCloudError) || error.details?.['trap']) throw error;
      refused.push(sampleRate);
      continue;
    }
    const fault = nonFinite(probe.render(context.noise(probe, FRAMES, sampleRate), { frames: FRAMES }).outputs);
    if (fault) return failed(`at ${sampleRate} Hz: ${fault}`);
  }
  return passed(`${rates.length - refused.length} rates${refused.length ? `; refuses ${refused.join(', ')} Hz` : ''}`);
};

/** Blocks of at most one frame, and of thousands, sound as those of 256. */
export const blockLimits: CheckRun = (context) => {
  const parameters = context.randomParameters(3);
  const sound = (maxFrames: number) => {
    const probe = context.probe({ parameters, maxFrames });
    return probe.render(context.noise(probe, 8192), { frames: 8192, block: maxFrames }).outputs;
  };
  const usual = sound(CHECK_MAX_FRAMES);
  for (const maxFrames of [1, 3, 8192]) {
    const { size, text } = difference(usual, sound(maxFrames));
    // only the rounding of running sums may depend on the block
    if (!(size <= 1e-6 * Math.max(1, peakOf(usual)))) return failed(`activated for ${maxFrames} frames: ${text}`);
  }
  return passed('activated for 1, 3, 256 and 8192 frames: the same sound');
};

/** Blocks that show every kind of status: noise and notes with changes, then silence, then both again. */
function* playing(context: CheckContext, probe: Probe): Generator<[block: number, frames: number, status: number]> {
  const random = context.random(4);
  for (let block = 0; block < 600; block++) {
    const frames = 1 + Math.floor(random() * CHECK_MAX_FRAMES);
    const isSilent = block >= 100 && block < 500;
    const events =
      block === 100
        ? endOfNotes(context.model)
        : context.randomEvents(random, block % 7 === 0 && !isSilent ? 2 : 0, frames);
    yield [block, frames, probe.process(isSilent ? [] : context.noise(probe, frames, block), frames, events).status];
  }
}

/** Every block answers with a status of the ABI, and takes its events. */
export const status: CheckRun = (context) => {
  const probe = context.probe();
  const seen = new Set<number>();
  for (const [block, , found] of playing(context, probe)) {
    if (found === STATUS.error) return failed(`block ${block}: ac_process returned 0, an error`);
    if (found < 0 || found > STATUS.sleep) return failed(`block ${block}: ac_process returned ${found}`);
    const left = probe.memory.word(probe.layout, LAYOUT.eventCount);
    if (left !== 0) return failed(`block ${block}: eventCount is ${left} after ac_process, wanted 0`);
    seen.add(found);
  }
  const names = Object.entries(STATUS).flatMap(([name, value]) => (seen.has(value) ? [name] : []));
  return passed(`seen: ${names.join(', ')}`);
};

/** A channel that is flagged silent is zero. */
export const silentOut: CheckRun = (context) => {
  const probe = context.probe();
  if (probe.outputChannels === 0) return skipped('the model has no audio output');
  let flagged = 0;
  for (const [block, frames, found] of playing(context, probe)) {
    if (found === STATUS.sleep) continue;
    const flags = probe.memory.word(probe.layout, LAYOUT.silentOut);
    for (const [channel, samples] of probe.readOutputs(found, frames).entries()) {
      if (channel >= 32 || !(flags & (1 << channel))) continue;
      const frame = samples.findIndex((sample) => sample !== 0);
      if (frame >= 0)
        return failed(
          `block ${block}: channel ${channel} is flagged silent and has ${samples[frame]} at frame ${frame}`,
        );
      flagged++;
    }
  }
  return passed(
    flagged ? `${flagged} channels of blocks flagged, all zero` : 'it flags none: hosts look for themselves',
  );
};

const SLEEP_SECONDS = 12;
/** Before it: so many that some still sound, also of what ends by itself. */
const SLEEP_NOTES = 20;
/** -80 dBFS: what sleep may cut off. */
const INAUDIBLE = 1e-4;
const RATE_HZ = 48000;

/** Asleep is what nobody would have heard, and sound wakes it. */
export const sleep: CheckRun = (context) => {
  if (!context.hasInput) return skipped('the model has no input');
  const [probe, awake] = [context.probe(), context.probe()];
  const noise = context.noise(probe, RATE_HZ / 4);
  const options = { frames: RATE_HZ / 4, events: context.randomNotes(context.random(5), SLEEP_NOTES, RATE_HZ / 4) };
  for (const each of [probe, awake]) each.render(noise, options);
  let slept = -1;
  for (let frame = 0; frame < SLEEP_SECONDS * RATE_HZ && slept < 0; frame += CHECK_MAX_FRAMES) {
    const events = frame === 0 ? endOfNotes(context.model) : [];
    if (probe.process([], CHECK_MAX_FRAMES, events).status === STATUS.sleep) slept = frame;
    context.unflaggedSilence(awake, events);
  }
  if (slept < 0) return passed(`not asleep ${SLEEP_SECONDS} s after its input ended`);
  for (let frame = 0; frame < RATE_HZ; frame += CHECK_MAX_FRAMES) {
    const peak = peakOf(context.unflaggedSilence(awake));
    if (peak > INAUDIBLE)
      return failed(
        `it sleeps ${slept} frames after its input ended; kept awake it gives ${peak} another ${frame} frames later`,
      );
  }
  const again = context.noise(probe, CHECK_MAX_FRAMES, 9);
  return probe.process(again, CHECK_MAX_FRAMES, chordOf(context.model)).status === STATUS.sleep
    ? failed(`it goes on sleeping when ${context.isInstrument ? 'it is played' : 'sound comes in'}`)
    : passed(`asleep ${slept} frames after its input ended, awake with the next sound`);
};

/** In memory that was used and given back it sounds as in fresh memory: nothing is read that nobody wrote. */
export const deterministic: CheckRun = (context) => {
  const options = { frames: 2 * FRAMES };
  const sound = (memory: PluginMemory) => {
    const probe = context.probe({ memory, parameters: context.randomParameters(3) });
    return probe.render(context.noise(probe, options.frames), options);
  };
  const used = new PluginMemory(context.plugin);
  const before = [4, 5, 6].map((seed) => context.probe({ memory: used, parameters: context.randomParameters(seed) }));
  for (const [i, probe] of before.entries()) probe.render(context.noise(probe, FRAMES, 40 + i), { frames: FRAMES });
  for (const probe of before) probe.dispose();
  const [first, second] = [sound(new PluginMemory(context.plugin)), sound(used)];
  const { size, text } = difference(first.outputs, second.outputs);
  if (size > 0) return failed(`in fresh memory, and in memory that others used before: ${text}`);
  const report = Object.keys(first.reports).find(
    (id) => !first.reports[id]!.every((value, i) => Object.is(value, second.reports[id]![i])),
  );
  return report
    ? failed(`report ${report} is ${first.reports[report]}, then ${second.reports[report]}`)
    : passed('bit-identical, sound and reports');
};

/** -120 dBFS. */
const NOTHING = 1e-6;

/** Silence in: what comes out is finite, and no louder than a plugin could mean; nothing of an instrument before it is played. */
export const silence: CheckRun = (context) => {
  const { outputs } = context.probe({ opening: [] }).render([], { frames: RATE_HZ / 10 });
  const fault = nonFinite(outputs);
  if (fault) return failed(fault);
  const peak = peakOf(outputs);
  if (context.isInstrument && peak > NOTHING) return warning(`before anybody plays it gives peaks of ${peak}`);
  // +24 dBFS
  return peak > 16 ? warning(`silence gives peaks of ${peak}`) : passed(`finite, peak ${peak}`);
};
