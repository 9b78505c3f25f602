import { type CheckRun, difference, failed, passed } from '../check-context.ts';

const FRAMES = 4096;

/** Two instances with one seed give the same samples. */
export const deterministic: CheckRun = (context) => {
  const sound = () => {
    const probe = context.probe({ parameters: context.randomParameters(3) });
    return probe.render(context.noise(probe, FRAMES)).outputs;
  };
  const { size, text } = difference(sound(), sound());
  return size > 0 ? failed(text) : passed('bit-identical');
};
