import type { CheckRun } from '../check-context.ts';
import { passed, warning } from '../check-outcome.ts';
import { sharedWrite } from '../shared-write.ts';

/** What one instance writes while it renders, no other one writes: else they cannot be rendered on several threads at once. */
export const sharedMemory: CheckRun = ({ plugin }) => {
  const found = sharedWrite(plugin);
  return found === undefined
    ? passed('instances of the plugin write to places of their own')
    : warning(`${found}: its instances take turns instead of sharing threads`);
};
