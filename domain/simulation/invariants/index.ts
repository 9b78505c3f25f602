import { copiesAreEqual, requestsAreAnswered, revokedIsCut, webhooksArrive } from './clients.ts';
import { acknowledgedIsNeverLost, knobStoredInTime } from './durability.ts';
import { engineConverges, engineHasNothingElse, engineHasTheValues, oneLoadAtATime } from './engine.ts';
import {
  nothingOutlivesItsLease,
  outletsAreNeverShared,
  powerIsConfirmed,
  tapesRunWhilePlayed,
  tapesStopBeforePowerGoes,
  unitsAreExclusive,
  warmUpIsKept,
  workIsLeftAlone,
} from './hardware.ts';
import { exportsEnd, noFileIsHalf } from './exports.ts';
import type { Invariant } from './invariant.ts';
import {
  keyTakesEffectOnce,
  logTellsOfChanges,
  logWithoutGap,
  receiptWithItsEffect,
  revisionsOnlyGrow,
} from './log.ts';
import { importsEnd, mediaHaveTheirContent } from './media.ts';
import { timersAreBounded } from './resources.ts';

/** What is true in every world. */
export const INVARIANTS: readonly Invariant[] = [
  acknowledgedIsNeverLost,
  knobStoredInTime,
  logWithoutGap,
  logTellsOfChanges,
  revisionsOnlyGrow,
  keyTakesEffectOnce,
  receiptWithItsEffect,
  engineConverges,
  engineHasNothingElse,
  engineHasTheValues,
  oneLoadAtATime,
  unitsAreExclusive,
  powerIsConfirmed,
  warmUpIsKept,
  nothingOutlivesItsLease,
  outletsAreNeverShared,
  tapesRunWhilePlayed,
  tapesStopBeforePowerGoes,
  workIsLeftAlone,
  copiesAreEqual,
  requestsAreAnswered,
  revokedIsCut,
  webhooksArrive,
  importsEnd,
  mediaHaveTheirContent,
  exportsEnd,
  noFileIsHalf,
  timersAreBounded,
  { name: 'acknowledged-is-seen', claim: 'Whoever reads after an answer finds what was answered. (Clients look.)' },
  { name: 'refusals-are-true', claim: 'A request is refused only for what is so, by its code. (Clients look.)' },
  { name: 'permission-never-exceeded', claim: 'Who may not is refused, who may is not. (Clients look.)' },
  {
    name: 'others-are-unknown',
    claim: 'Of the tasks of another tenant nobody hears more than of one that never was. (Clients look.)',
  },
  { name: 'live-events-without-gap', claim: 'Events of a task come to each client by number. (Clients look.)' },
  { name: 'nothing-is-left-at-the-end', claim: 'A domain that closed has no timer. (The world looks.)' },
  {
    name: 'no-error-is-lost',
    claim: 'Nothing is thrown that nobody catches, and no answer is INTERNAL but for a disk that fails.',
  },
];
