/** What a check found. `crashed`: the plugin trapped, hung or took the checking thread with it, so nothing is known. */
export type CheckResult = 'passed' | 'failed' | 'crashed' | 'skipped' | 'warning';
export type Outcome = readonly [result: CheckResult, detail: string];

export const passed = (detail: string): Outcome => ['passed', detail];
export const failed = (detail: string): Outcome => ['failed', detail];
/** Says why it does not apply. */
export const skipped = (detail: string): Outcome => ['skipped', detail];
/** It works, and somebody will be sorry. */
export const warning = (detail: string): Outcome => ['warning', detail];
