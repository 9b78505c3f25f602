import {
  CHECK_MAX_FRAMES,
  CHECK_RATE_HZ,
  type CheckContext,
  type CheckRun,
  difference,
  peakOf,
} from '../check-context.ts';
import { failed, passed, skipped, warning } from '../check-outcome.ts';
import { TAIL_ENDLESS } from '../layout.ts';
import type { ProbeEvent } from '../probe.ts';
import { ALL_NOTES_OFF, ALL_SOUND_OFF, chordOf, controllerOf, endOfNotes } from '../trial-notes.ts';

const HELD_FRAMES = CHECK_RATE_HZ / 10;
/** How long is looked at after the end. */
const AFTER_FRAMES = CHECK_RATE_HZ / 4;
const MAX_TAIL_FRAMES = 20 * CHECK_RATE_HZ;
/** All sound off is no release. */
const AT_ONCE_FRAMES = CHECK_RATE_HZ / 2;
/** -60 dB of the loudest before. */
const ENDED = 1e-3;

/** What is left so many frames after a chord was ended; undefined for nothing. */
function leftAfter(context: CheckContext, ending: readonly ProbeEvent[], frames: number): string | undefined {
  const probe = context.probe();
  const loudest = peakOf(probe.render([], { frames: HELD_FRAMES }).outputs);
  for (let frame = 0; frame < frames + AFTER_FRAMES; frame += CHECK_MAX_FRAMES) {
    const peak = peakOf(context.unflaggedSilence(probe, frame === 0 ? ending : []));
    if (frame >= frames + CHECK_MAX_FRAMES && peak > ENDED * loudest)
      return `${frame} frames later it gives ${peak}, of ${loudest} before`;
  }
  return undefined;
}

/** Note off, all notes off and all sound off end what sounds within the tail. */
export const notesEnd: CheckRun = (context) => {
  if (!context.isPlayed) return skipped('the model has no midi input');
  const probe = context.probe();
  if (probe.outputChannels === 0) return skipped('the model has no audio output');
  const { model } = context;
  const soundOff = controllerOf(model, ALL_SOUND_OFF, 0);
  const told = probe.latencyFrames + probe.tailFrames;
  const isLong = probe.tailFrames === TAIL_ENDLESS || told > MAX_TAIL_FRAMES;
  const endings: [string, ProbeEvent[]][] = [
    ['note off', endOfNotes(model)],
    [`all notes off (${ALL_NOTES_OFF})`, controllerOf(model, ALL_NOTES_OFF, 0)],
    [`all sound off (${ALL_SOUND_OFF})`, soundOff],
  ];
  for (const [name, events] of isLong ? [] : endings) {
    const left = leftAfter(context, events, told);
    if (left) return failed(`its tail is ${probe.tailFrames} frames; after ${name}, ${left}`);
  }
  const left = leftAfter(context, soundOff, probe.latencyFrames + AT_ONCE_FRAMES);
  if (left) return warning(`all sound off (${ALL_SOUND_OFF}) does not end it at once: ${left}`);
  return passed(isLong ? 'its tail is long: all sound off alone was tried' : 'three ways to end a chord');
};

/** A note on of velocity 0 is a note off, of velocity 64 or 0. */
export const notesVelocityZero: CheckRun = (context) => {
  if (!context.isPlayed) return skipped('the model has no midi input');
  const sound = (status: number, velocity: number) => {
    const probe = context.probe();
    const events = chordOf(context.model, HELD_FRAMES).map(({ midi, ...at }) => ({
      ...at,
      midi: [status, midi[1]!, velocity],
    }));
    return probe.render(context.noise(probe, 3 * HELD_FRAMES), { events, frames: 3 * HELD_FRAMES }).outputs;
  };
  const on = sound(0x90, 0);
  const differences = [64, 0].map((velocity) => difference(on, sound(0x80, velocity)));
  return differences.every(({ size }) => size > 0)
    ? failed(`a note on of velocity 0 sounds otherwise than a note off: ${differences[0]!.text}`)
    : passed('it sounds as a note off');
};
