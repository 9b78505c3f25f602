import { CHECK_MAX_FRAMES, type CheckRun } from '../check-context.ts';
import { failed, passed, skipped } from '../check-outcome.ts';

/** Every report is finite and in the range of the model, in silence and in sound. */
export const reportsInRange: CheckRun = (context) => {
  const { reports } = context.model;
  if (reports.length === 0) return skipped('the model has no reports');
  const probe = context.probe();
  const random = context.random(1);
  for (let block = 0; block < 400; block++) {
    const isSilent = block % 200 < 50;
    const events = context.randomEvents(random, block % 40 === 0 ? 2 : 0, CHECK_MAX_FRAMES);
    const input = isSilent ? [] : context.noise(probe, CHECK_MAX_FRAMES, block);
    const found = probe.process(input, CHECK_MAX_FRAMES, events).reports;
    for (const { id, range } of reports)
      for (const value of found[id]!) {
        if (!Number.isFinite(value)) return failed(`block ${block}: ${id} is ${value}`);
        const [min, max] =
          range.kind === 'toggle'
            ? [0, 1]
            : range.kind === 'list'
              ? [0, range.values.length - 1]
              : [range.min, range.max];
        // reports are f32: a bound may be rounded outwards
        const slack = 1e-6 * Math.max(Math.abs(min), Math.abs(max));
        if (value < min - slack || value > max + slack)
          return failed(`block ${block}: ${id} is ${value}, the model says ${min} to ${max}`);
        if ((range.kind === 'list' || range.kind === 'toggle') && !Number.isInteger(value))
          return failed(`block ${block}: ${id} is ${value}, which is no place in its list`);
      }
  }
  return passed(`${reports.length} reports`);
};
