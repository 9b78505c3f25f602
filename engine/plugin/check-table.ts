import type { Model } from '@audiocloud/api';
import type { CheckRun } from './check-context.ts';
import type { Outcome } from './check-outcome.ts';
import type { PackageUnderCheck } from './check-package.ts';
import { denormalInput, hugeInput, nonFiniteInput, recoversAlone } from './checks/bad-input.ts';
import { blockSizes, blockSizesRandom } from './checks/block-sizes.ts';
import { canaries, inputBuffers, inputsUnwritten } from './checks/buffers.ts';
import { fuel, fuelOfControl } from './checks/cost.ts';
import { createDestroy } from './checks/create-destroy.ts';
import { instancesIndependent } from './checks/instances-independent.ts';
import { isHeard, mediaHeard } from './checks/is-heard.ts';
import { latency } from './checks/latency.ts';
import { createUnknownModel, reactivate, reportCount, widths } from './checks/layout.ts';
import { allocationAfterActivation, writtenStatics } from './checks/memory.ts';
import { mediaFormats, mediaNone } from './checks/media-formats.ts';
import { mediaNotReadBeyond, mediaSlots, mediaUnwritten } from './checks/media-memory.ts';
import {
  modelIsDescribed,
  modelsAreSound,
  rolesHaveTheirUnits,
  stepsReachTheEnd,
  textsGoBothWays,
  textsTellValuesApart,
} from './checks/model.ts';
import { abiConstants, abiVersion, logInProcess, type ModuleRun, ruleCheck } from './checks/module.ts';
import { noStateInGlobals } from './checks/no-state-in-globals.ts';
import { notesEnd, notesVelocityZero } from './checks/notes-end.ts';
import { notesFuzz } from './checks/notes-fuzz.ts';
import { notesSampleAccurate } from './checks/notes-in-time.ts';
import { outputBuffers } from './checks/output-buffers.ts';
import {
  contentsAreHarmless,
  integrityHolds,
  itLoads,
  manifestIsSound,
  packageJsonIsWhole,
  pathsStayInside,
} from './checks/package.ts';
import {
  eventCapacity,
  parameterBounds,
  parameterClamped,
  parameterDefaults,
  parameterFuzz,
  parameterUnknown,
  sampleAccurate,
  unknownEvents,
} from './checks/parameters.ts';
import { processMany } from './checks/process-many.ts';
import { blockLimits, deterministic, sampleRates, silence, silentOut, sleep, status } from './checks/processing.ts';
import { reportsInRange } from './checks/reports.ts';
import { parametersSurviveReset, resetEqualsFresh, resetTwice } from './checks/reset.ts';
import { sharedMemory } from './checks/shared-memory.ts';
import {
  stateBytesEqual,
  stateDamaged,
  stateEmpty,
  stateHoldsEvents,
  stateRandom,
  stateRefusedUnchanged,
  stateRoundTrip,
  stateVersions,
} from './checks/state.ts';
import { tailDenormals } from './checks/tail-denormals.ts';
import { latencyFixed, tail } from './checks/time.ts';

/** One check: of a package, of its module before anything of it runs, of a model as data, or of instances of a model. */
export type Check = { readonly id: string; readonly area: string; readonly title: string } & (
  | { readonly of: 'package'; readonly run: (found: PackageUnderCheck) => Outcome }
  | { readonly of: 'module'; readonly run: ModuleRun }
  | { readonly of: 'model'; readonly run: (model: Model) => Outcome }
  | { readonly of: 'instance'; readonly run: CheckRun }
);

type Row<Run> = readonly [id: string, title: string, run: Run];

function ofPackage(...rows: Row<(found: PackageUnderCheck) => Outcome>[]): Check[] {
  return rows.map(([id, title, run]) => ({ id, area: 'package', title, of: 'package', run }));
}
function ofModule(...rows: Row<ModuleRun>[]): Check[] {
  return rows.map(([id, title, run]) => ({ id, area: 'module', title, of: 'module', run }));
}
function ofModel(...rows: Row<(model: Model) => Outcome>[]): Check[] {
  return rows.map(([id, title, run]) => ({ id, area: 'model', title, of: 'model', run }));
}
function ofInstance(area: string, ...rows: Row<CheckRun>[]): Check[] {
  return rows.map(([id, title, run]) => ({ id, area, title, of: 'instance', run }));
}

/** Every check, a line for each, in the order in which they run. docs/plugin-checks.md has a heading for each. */
export const CHECKS: readonly Check[] = [
  ...ofPackage(
    ['manifest', 'The manifest can be read', manifestIsSound],
    ['package-paths', 'Every path stays inside the package', pathsStayInside],
    ['models', 'Every model is sound', modelsAreSound],
    ['integrity', 'The module is the one that was packed', integrityHolds],
    ['package-json', 'package.json is fit to publish', packageJsonIsWhole],
    ['package-contents', 'Nothing in it runs outside the sandbox', contentsAreHarmless],
    ['loads', 'An engine loads it', itLoads],
  ),
  ...ofModule(
    ['module-valid', 'The module is valid WebAssembly', ruleCheck('valid-wasm')],
    ['module-size', 'The module is small enough', ruleCheck('size')],
    [
      'module-instructions',
      'Only known instructions, types and sections',
      ruleCheck('known-instructions', 'known-sections', 'known-types'),
    ],
    ['module-imports', 'It imports nothing but abort and log', ruleCheck('imports')],
    ['module-exports', 'It exports the entries of the ABI', ruleCheck('exports', 'reserved-exports')],
    [
      'module-memory',
      'One memory of its own, exported, with a maximum',
      ruleCheck('one-memory', 'memory-exported', 'memory-maximum'),
    ],
    ['module-table', 'At most one table', ruleCheck('one-table')],
    ['module-start', 'Nothing runs before it is asked', ruleCheck('no-start')],
    ['module-stack', 'The stack pointer is exported', ruleCheck('stack-pointer')],
    ['growth-in-process', 'What renders cannot grow memory', ruleCheck('no-growth-in-process')],
    ['globals-by-reach', 'What renders reads no global of the rest', ruleCheck('no-control-globals-in-process')],
    ['data-segments-in-process', 'What renders uses no data segment', ruleCheck('no-data-segments-in-process')],
    ['abi-version', 'It speaks this version of the ABI', abiVersion],
    ['abi-constants', 'Its constants of the ABI are the host’s', abiConstants],
    ['log-in-process', 'What renders writes no log', logInProcess],
  ),
  ...ofModel(
    ['description', 'The model says what it is', modelIsDescribed],
    ['steps', 'Stepped ranges end on a step', stepsReachTheEnd],
    ['role-units', 'Roles have units of their kind', rolesHaveTheirUnits],
    ['value-text', 'Values go to text and back', textsGoBothWays],
    ['value-digits', 'Texts tell values apart', textsTellValuesApart],
  ),
  ...ofInstance(
    'layout',
    ['create-unknown-model', 'A model that there is not is refused', createUnknownModel],
    ['create-destroy', 'Instances come and go without a leak', createDestroy],
    ['widths', 'Every width of the model is taken', widths],
    ['reactivate', 'Activated anew it is as new', reactivate],
    ['report-count', 'As many reports as the model says', reportCount],
  ),
  ...ofInstance(
    'processing',
    ['silence', 'Silence gives finite sound', silence],
    ['deterministic', 'The same input gives the same sound', deterministic],
    ['block-sizes', 'The sound does not depend on the block size', blockSizes],
    ['block-sizes-random', 'Nor on blocks that change all the time', blockSizesRandom],
    ['block-limits', 'Nor on the greatest block it is activated for', blockLimits],
    ['sample-rates', 'It works from 1 kHz to 768 kHz', sampleRates],
    ['status', 'Every block answers with a known status', status],
    ['silent-out', 'What is flagged silent is silent', silentOut],
    ['sleep', 'Sleep cuts nothing off, and sound wakes it', sleep],
  ),
  ...ofInstance(
    'buffers',
    ['input-buffers', 'Inputs are read where the host points them', inputBuffers],
    ['output-buffers', 'Outputs are written where the host points them', outputBuffers],
    ['inputs-unwritten', 'Inputs are not written', inputsUnwritten],
    ['canaries', 'Nothing is written beside its own memory', canaries],
  ),
  ...ofInstance(
    'bad input',
    ['non-finite-input', 'NaN and infinity are gone after a reset', nonFiniteInput],
    ['huge-input', 'Huge samples are gone after a reset', hugeInput],
    ['denormal-input', 'Denormal samples are gone after a reset', denormalInput],
    ['recovers-alone', 'NaN does not stay for ever', recoversAlone],
    ['tail-denormals', 'Its tail does not end in denormal numbers', tailDenormals],
  ),
  ...ofInstance(
    'reset',
    ['reset-equals-fresh', 'After a reset it is as new', resetEqualsFresh],
    ['reset-twice', 'A reset more changes nothing', resetTwice],
    ['parameters-survive-reset', 'A reset keeps parameters', parametersSurviveReset],
  ),
  ...ofInstance(
    'parameters',
    ['parameter-defaults', 'A new instance has the defaults of the model', parameterDefaults],
    ['parameter-bounds', 'The ends of every range sound', parameterBounds],
    ['parameter-clamped', 'Values out of range are clamped', parameterClamped],
    ['parameter-unknown', 'A parameter that there is not changes nothing', parameterUnknown],
    ['parameter-fuzz', 'Random changes do no harm', parameterFuzz],
    ['sample-accurate', 'A change does nothing before its frame', sampleAccurate],
    ['event-capacity', 'A full list of events is taken', eventCapacity],
    ['unknown-events', 'Unknown events are skipped', unknownEvents],
  ),
  ...ofInstance(
    'notes',
    ['is-heard', 'An instrument sounds when it is played', isHeard],
    ['notes-sample-accurate', 'A note begins at its frame', notesSampleAccurate],
    ['notes-end', 'Notes end', notesEnd],
    ['notes-velocity-zero', 'A note on of velocity 0 is a note off', notesVelocityZero],
    ['notes-fuzz', 'Random messages do no harm', notesFuzz],
  ),
  ...ofInstance(
    'media',
    ['media-heard', 'What is in its slots is heard', mediaHeard],
    ['media-none', 'It works without media', mediaNone],
    ['media-formats', 'Media of every form give finite sound', mediaFormats],
    ['media-unwritten', 'Media are not written', mediaUnwritten],
    ['media-not-read-beyond', 'Nothing beside media is read', mediaNotReadBeyond],
    ['media-slots', 'A slot that there is not is refused', mediaSlots],
  ),
  ...ofInstance(
    'time',
    ['latency', 'The latency told is the latency measured', latency],
    ['latency-fixed', 'The latency stays while it is active', latencyFixed],
    ['tail', 'The tail told covers the tail measured', tail],
  ),
  ...ofInstance(
    'state',
    ['state-round-trip', 'A state brings back the sound', stateRoundTrip],
    ['state-bytes-equal', 'A state is the same bytes again', stateBytesEqual],
    ['state-holds-events', 'A state holds what events set', stateHoldsEvents],
    ['state-empty', 'An empty state does no harm', stateEmpty],
    ['state-random', 'Random bytes as a state do no harm', stateRandom],
    ['state-damaged', 'A damaged state does no harm', stateDamaged],
    ['state-versions', 'Older states do no harm, newer ones are refused', stateVersions],
    ['state-refused-unchanged', 'A state that is refused changes nothing', stateRefusedUnchanged],
  ),
  ...ofInstance('reports', ['reports-in-range', 'Reports are in the range of the model', reportsInRange]),
  ...ofInstance(
    'sharing',
    ['process-many', 'Side by side it sounds as alone', processMany],
    ['instances-independent', 'Instances do not hear each other', instancesIndependent],
    ['no-state-in-globals', 'No global keeps state', noStateInGlobals],
    ['shared-memory', 'No two instances write one place', sharedMemory],
    ['written-statics', 'What renders writes no static', writtenStatics],
    ['allocation-after-activation', 'Nothing is allocated after activation', allocationAfterActivation],
  ),
  ...ofInstance(
    'cost',
    ['fuel', 'A block needs little of its fuel', fuel],
    ['fuel-of-control', 'So do create, activate and reset', fuelOfControl],
  ),
];
