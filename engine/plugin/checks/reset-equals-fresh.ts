import { type CheckRun, difference, failed, passed } from '../check-context.ts';

const FRAMES = 6000;

/** After a reset an instance sounds as a new one with the same parameters. */
export const resetEqualsFresh: CheckRun = (context) => {
  const parameters = context.randomParameters(5);
  const used = context.probe({ parameters });
  used.render(context.noise(used, FRAMES, 7));
  used.reset();
  const fresh = context.probe({ parameters });
  const input = context.noise(fresh, FRAMES, 8);
  const { size, text } = difference(used.render(input).outputs, fresh.render(input).outputs);
  return size > 0 ? failed(text) : passed('bit-identical');
};
