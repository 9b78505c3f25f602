import { AudioCloudError } from '@audiocloud/api';
import { ABI_CONSTANTS, compareAbi, constantsThatDiffer } from '../abi-constants.ts';
import { failed, type Outcome, passed, skipped, warning } from '../check-outcome.ts';
import type { RuleFault, RuleName } from '../../wasm/rule-fault.ts';
import { checkModule, type ModuleFacts } from '../../wasm/rules.ts';

export type ModuleRun = (bytes: Uint8Array) => Outcome;

/** What is known of a module, or which rules it breaks. */
function read(bytes: Uint8Array): { facts?: ModuleFacts; faults: readonly RuleFault[] } {
  try {
    return { facts: checkModule(bytes), faults: [] };
  } catch (error) {
    const faults = error instanceof AudioCloudError ? error.details?.['faults'] : undefined;
    if (!Array.isArray(faults)) throw error;
    return { faults: faults as RuleFault[] };
  }
}

/** Rules that hide the others when they are broken: the bytes are not read on. */
const BLINDING: readonly RuleName[] = ['valid-wasm', 'size', 'known-sections', 'known-types'];

/** A check of some of the module rules (docs/plugin-abi.md, "What a module must be"). */
export function ruleCheck(...rules: RuleName[]): ModuleRun {
  return (bytes) => {
    const { faults } = read(bytes);
    const broken = faults.filter(({ rule }) => rules.includes(rule));
    if (broken.length) return failed(broken.map(({ rule, detail }) => `${rule}: ${detail}`).join('; '));
    const blind = faults.find(({ rule }) => BLINDING.includes(rule));
    return blind ? skipped(`the module cannot be read on: ${blind.rule}`) : passed(rules.join(', '));
  };
}

/** Facts of a module that keeps the rules. */
function factsCheck(run: (facts: ModuleFacts) => Outcome): ModuleRun {
  return (bytes) => {
    const { facts, faults } = read(bytes);
    return facts ? run(facts) : skipped(`the module breaks the rule ${faults[0]?.rule}`);
  };
}

/** The module speaks a version of the ABI that this engine speaks. */
export const abiVersion: ModuleRun = factsCheck(({ module }) => {
  try {
    return passed(compareAbi(module, 'module').split(',')[0]!);
  } catch (error) {
    const { message, details } = error as AudioCloudError;
    return details?.['different'] ? passed('only constants differ') : failed(message);
  }
});

/** Constants of the ABI that it exports are the host's. */
export const abiConstants: ModuleRun = factsCheck(({ module }) => {
  const different = constantsThatDiffer(module);
  if (different.length)
    return failed(different.map(({ name, found, wanted }) => `${name} is ${found}, wanted ${wanted}`).join('; '));
  const count = module.exports.filter(({ name }) => name in ABI_CONSTANTS).length;
  return passed(`${count} constants exported, all agree`);
});

/** What renders does not write a log: formatting text in every block costs more than most kernels. */
export const logInProcess: ModuleRun = factsCheck(({ module, functions, reached }) => {
  const log = module.imports
    .filter(({ kind }) => kind === 0)
    .findIndex(({ module: from, name }) => from === 'ac' && name === 'log');
  const calls = (index: number) => functions[index - module.importedFunctions]?.calls ?? [];
  return log >= 0 && [...reached].some((index) => [...calls(index)].includes(log))
    ? warning('ac_process, ac_process_many or ac_reset can reach ac.log')
    : passed('ac.log is not reached by what renders');
});
