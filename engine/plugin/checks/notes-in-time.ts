import { type CheckContext, type CheckRun, difference, peakOf } from '../check-context.ts';
import { failed, passed, skipped } from '../check-outcome.ts';
import { PluginMemory } from '../plugin-memory.ts';
import { chordOf } from '../trial-notes.ts';

const FRAMES = 2048;
const FIRST = 100;
/** Frames later: not all are multiples of anything. */
const SHIFTS = [1, 5, 37, 64, 300];
/** What rounding may do to one sound at two places. */
const TOLERANCE = 1e-6;

/** A chord at this frame, or none. */
function sound(context: CheckContext, memory: PluginMemory, frame?: number): Float32Array[] {
  const probe = context.probe({ memory, opening: [] });
  const events = frame === undefined ? [] : chordOf(context.model, frame);
  const { outputs } = probe.render(context.noise(probe, FRAMES), { events, frames: FRAMES });
  probe.dispose();
  return outputs;
}

/** The first frame at which two sounds differ; -1 if they do not. */
function firstDifference(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  const frames = a.map((samples, c) => samples.findIndex((sample, i) => sample !== b[c]![i])).filter((at) => at >= 0);
  return frames.length ? Math.min(...frames) : -1;
}

/** Nothing is heard of a note before its frame, and what is played later is heard so much later. */
export const notesSampleAccurate: CheckRun = (context) => {
  if (!context.isPlayed) return skipped('the model has no midi input');
  const memory = new PluginMemory(context.plugin);
  const rest = sound(context, memory);
  if (rest.length === 0) return skipped('the model has no audio output');
  const first = sound(context, memory, FIRST);
  const begins = firstDifference(first, rest);
  if (begins < 0) return skipped(`a chord is not heard within ${FRAMES} frames`);
  if (begins < FIRST) return failed(`a chord at frame ${FIRST} is heard at frame ${begins}`);
  let equal = 0;
  for (const shift of SHIFTS) {
    const later = sound(context, memory, FIRST + shift);
    const at = firstDifference(later, rest);
    if (at >= 0 && at < FIRST + shift) return failed(`a chord at frame ${FIRST + shift} is heard at frame ${at}`);
    // what goes on without notes, as a slow oscillator, may begin with a zero at one place and not at another
    if (Math.abs(at - begins - shift) > 1)
      return failed(`a chord at frame ${FIRST} is heard at frame ${begins}, one ${shift} frames later at frame ${at}`);
    const { size } = difference(
      first.map((samples) => samples.subarray(0, FRAMES - shift)),
      later.map((samples) => samples.subarray(shift)),
    );
    if (size <= TOLERANCE * Math.max(1, peakOf(first))) equal++;
  }
  return passed(`${SHIFTS.length} chords later, ${equal} of them the same sound, nothing before its frame`);
};
