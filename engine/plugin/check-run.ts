import { AudioCloudError, asAudioCloudError } from '@audiocloud/api';
import { CheckContext } from './check-context.ts';
import { type CheckResult, type Outcome, skipped } from './check-outcome.ts';
import type { PackageUnderCheck } from './check-package.ts';
import type { Check } from './check-table.ts';

/** One line of a report. */
export interface PluginCheck {
  readonly name: string;
  readonly result: CheckResult;
  readonly detail: string;
  readonly area: string;
  /** Says why it matters and how to mend it. */
  readonly page: string;
}

const PAGES = 'https://github.com/audiocloud/audiocloud/blob/main/docs/plugin-checks.md';

/** A line of a report for an outcome. [any] */
export function reportLine({ id, area }: Check, [result, detail]: Outcome): PluginCheck {
  return { name: id, result, detail, area, page: `${PAGES}#${id}` };
}

/**
 * Runs one check: of the package, its module, or the model with that place in the manifest. Never throws. [control]
 *
 * @param seed what is random in the check follows from it
 */
export function runCheck(check: Check, found: PackageUnderCheck, place: number, seed: number): PluginCheck {
  try {
    return reportLine(check, outcome(check, found, place, seed));
  } catch (error) {
    const isCrash = !(error instanceof AudioCloudError) || error.details?.['trap'] !== undefined;
    return reportLine(check, [isCrash ? 'crashed' : 'failed', asAudioCloudError(error).message]);
  }
}

function outcome(check: Check, found: PackageUnderCheck, place: number, seed: number): Outcome {
  switch (check.of) {
    case 'package':
      return check.run(found);
    case 'module':
      return found.module.fault ? skipped('there is no module to read') : check.run(found.module.value);
    case 'model': {
      const model = found.models[place]?.value;
      return model ? check.run(model) : skipped('the model cannot be read');
    }
    case 'instance': {
      const plugin = found.plugin();
      const model = found.models[place]?.value;
      if (plugin.fault || !model) return skipped('an engine would not load the package');
      return check.run(new CheckContext(plugin.value, model, seed));
    }
  }
}
