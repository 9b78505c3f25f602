import { watch } from 'node:fs';

/** Several changes that follow each other this closely are one: editors write a file in several steps. */
const QUIET_MS = 120;

/** Whether a file is made by a build, or is nobody's source. */
function isMade(path: string, module: string): boolean {
  const steps = path.split(/[/\\]/);
  const folder = module.split('/').slice(0, -1);
  const isBesideModule = folder.length > 0 && folder.every((step, i) => steps[i] === step);
  const isHidden = steps.some((step) => step === 'node_modules' || step.startsWith('.'));
  return isHidden || isBesideModule || /\.(wasm|o|tgz)$|~$/.test(path);
}

/**
 * Calls `changed` when a source in a folder was changed. module: path of what the build makes; its folder is not looked at.
 * Returns what ends that. [control]
 */
export function watchSources(folder: string, module: string, changed: (path: string) => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch(folder, { recursive: true }, (_, path) => {
    if (path === null || isMade(path, module)) return;
    clearTimeout(timer);
    timer = setTimeout(() => changed(path), QUIET_MS);
  });
  return () => {
    clearTimeout(timer);
    watcher.close();
  };
}
