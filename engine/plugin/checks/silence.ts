import { CHECK_RATE_HZ, type CheckRun, failed, nonFinite, passed } from '../check-context.ts';

/** Silence in: what comes out is finite. */
export const silence: CheckRun = (context) => {
  const { outputs } = context.probe().render([], { frames: CHECK_RATE_HZ / 10 });
  const fault = nonFinite(outputs);
  return fault ? failed(fault) : passed('finite');
};
