import { CHECK_MAX_FRAMES, type CheckRun, difference, randomValue } from '../check-context.ts';
import { failed, passed, skipped } from '../check-outcome.ts';

const FRAMES = 6000;
const NOTES = 20;

/** After a reset an instance sounds as a new one with the same parameters. */
export const resetEqualsFresh: CheckRun = (context) => {
  const parameters = context.randomParameters(5);
  const used = context.probe({ parameters });
  const events = context.randomNotes(context.random(9), NOTES, FRAMES);
  used.render(context.noise(used, FRAMES, 7), { frames: FRAMES, events });
  used.reset();
  const fresh = context.probe({ parameters });
  const input = context.noise(fresh, FRAMES, 8);
  const options = { frames: FRAMES };
  const { size, text } = difference(used.render(input, options).outputs, fresh.render(input, options).outputs);
  return size > 0 ? failed(text) : passed('bit-identical');
};

/** A reset more, or one before anything was rendered, changes nothing. */
export const resetTwice: CheckRun = (context) => {
  const parameters = context.randomParameters(5);
  const often = context.probe({ parameters });
  for (let i = 0; i < 3; i++) often.reset();
  const fresh = context.probe({ parameters });
  const input = context.noise(fresh, FRAMES, 8);
  const options = { frames: FRAMES };
  const { size, text } = difference(often.render(input, options).outputs, fresh.render(input, options).outputs);
  return size > 0 ? failed(`three resets of a new instance: ${text}`) : passed('bit-identical');
};

/** Values that came as events are kept over a reset: it sounds as one that was made with them. */
export const parametersSurviveReset: CheckRun = (context) => {
  if (context.live.length === 0) return skipped('no parameter changes while it plays');
  const random = context.random(11);
  const values = Object.fromEntries(context.live.map((parameter) => [parameter.id, randomValue(parameter, random())]));
  const moved = context.probe();
  const events = Object.entries(values).map(([parameter, value]) => ({ frame: 0, parameter, value }));
  // the list holds at least 128 events
  for (let at = 0; at < events.length; at += 64)
    moved.process(context.noise(moved, CHECK_MAX_FRAMES), CHECK_MAX_FRAMES, events.slice(at, at + 64));
  moved.reset();
  const made = context.probe({ parameters: values });
  const input = context.noise(made, FRAMES, 12);
  const options = { frames: FRAMES };
  const { size, text } = difference(moved.render(input, options).outputs, made.render(input, options).outputs);
  return size > 0 ? failed(text) : passed(`${events.length} values, bit-identical`);
};
