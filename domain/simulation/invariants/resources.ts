import type { Invariant } from './invariant.ts';

/** Of the core itself: sweeps, forgetting, lease of the engine, what waits for it, a webhook. */
const TIMERS_OF_THE_CORE = 13;
/** A task that plays or is changed waits for its engine, its store and its next try. */
const TIMERS_OF_A_TASK = 6;
/** An export waits for its time, its disk, its next try, and looks for room. */
const TIMERS_OF_AN_EXPORT = 4;
/** An import waits for its disk, its next try, and with its client. */
const TIMERS_OF_AN_IMPORT = 3;

export const timersAreBounded: Invariant = {
  name: 'timers-are-bounded',
  claim: 'A task at rest costs no timer, and one that is used a few.',
  begin: () => ({
    stepped: ({ domain, tasks, watchers, makers, importer, exporter }) => {
      const ofImports = TIMERS_OF_AN_IMPORT * (1 + importer.imports.length);
      const ofExports = TIMERS_OF_AN_EXPORT * (1 + exporter.exports.length);
      const most =
        TIMERS_OF_THE_CORE +
        TIMERS_OF_A_TASK * (tasks.size + watchers.length) +
        4 * makers.length +
        ofImports +
        ofExports;
      return domain.timers > most ? `${domain.timers} timers, wanted at most ${most}` : undefined;
    },
  }),
};
