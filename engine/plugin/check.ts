import { asAudioCloudError } from '@audiocloud/api';
import { checkModule } from '../wasm/rules.ts';
import { compareAbi } from './abi-constants.ts';
import { CheckContext, type CheckResult, type CheckRun } from './check-context.ts';
import { blockSizes } from './checks/block-sizes.ts';
import { createDestroy } from './checks/create-destroy.ts';
import { deterministic } from './checks/deterministic.ts';
import { fuel } from './checks/fuel.ts';
import { instancesIndependent } from './checks/instances-independent.ts';
import { latency } from './checks/latency.ts';
import { noStateInGlobals } from './checks/no-state-in-globals.ts';
import { nonFiniteInput } from './checks/non-finite-input.ts';
import { outputBuffers } from './checks/output-buffers.ts';
import { parameterBounds } from './checks/parameter-bounds.ts';
import { processMany } from './checks/process-many.ts';
import { resetEqualsFresh } from './checks/reset-equals-fresh.ts';
import { sharedMemory } from './checks/shared-memory.ts';
import { silence } from './checks/silence.ts';
import { stateRoundTrip } from './checks/state-round-trip.ts';
import { tailDenormals } from './checks/tail-denormals.ts';
import { loadPlugin } from './load-plugin.ts';
import { readWasmPackage, type WasmPackage } from './manifest.ts';

/** Checks of the module, before anything of it runs. */
const MODULE_CHECKS: readonly (readonly [name: string, run: (found: WasmPackage) => string])[] = [
  ['rules', ({ bytes }) => `${checkModule(bytes).reached.size} functions run on render threads`],
  ['abi', ({ bytes, name }) => compareAbi(checkModule(bytes).module, name)],
];

/** Checks of each model; one line for each. */
const MODEL_CHECKS: readonly (readonly [name: string, run: CheckRun])[] = [
  ['create-destroy', createDestroy],
  ['silence', silence],
  ['tail-denormals', tailDenormals],
  ['deterministic', deterministic],
  ['block-sizes', blockSizes],
  ['reset-equals-fresh', resetEqualsFresh],
  ['parameter-bounds', parameterBounds],
  ['non-finite-input', nonFiniteInput],
  ['latency', latency],
  ['state-round-trip', stateRoundTrip],
  ['output-buffers', outputBuffers],
  ['process-many', processMany],
  ['instances-independent', instancesIndependent],
  ['no-state-in-globals', noStateInGlobals],
  ['shared-memory', sharedMemory],
  ['fuel', fuel],
];

export interface PluginCheck {
  readonly name: string;
  readonly result: CheckResult;
  readonly detail: string;
}

export interface PluginReport {
  readonly models: { readonly id: string; readonly checks: PluginCheck[] }[];
}

/**
 * Checks a plugin package as its authors and the stock models are checked. [control]
 *
 * only: names of checks of models; the others are not run. A check that throws has failed; when the module itself is refused, the checks of its models are skipped.
 * Throws what readWasmPackage throws: without a manifest there is no model to report on.
 */
export function checkPlugin(path: string, { only }: { only?: readonly string[] } = {}): PluginReport {
  const found = readWasmPackage(path);
  const moduleChecks = MODULE_CHECKS.map(([name, run]) => attempt(name, () => ['passed', run(found)]));
  const refused = moduleChecks.some(({ result }) => result === 'failed');
  return {
    models: found.models.map((model) => ({
      id: model.id,
      checks: [
        ...moduleChecks,
        ...MODEL_CHECKS.filter(([name]) => !only || only.includes(name)).map(([name, run]) =>
          refused
            ? ({ name, result: 'skipped', detail: 'the module is refused' } as const)
            : attempt(name, () => run(new CheckContext(loadPlugin(path), model))),
        ),
      ],
    })),
  };
}

function attempt(name: string, run: () => readonly [CheckResult, string]): PluginCheck {
  try {
    const [result, detail] = run();
    return { name, result, detail };
  } catch (error) {
    return { name, result: 'failed', detail: asAudioCloudError(error).message };
  }
}
