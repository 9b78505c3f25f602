import { type FSWatcher, readdirSync, watch } from 'node:fs';
import { join } from 'node:path';

/** Several changes that follow each other this closely are one: editors write a file in several steps. */
const QUIET_MS = 120;

/** Whether a path inside a package is made by a build, or is nobody's source. */
function isMade(path: string, module: string): boolean {
  const steps = path.split('/');
  const folder = module.split('/').slice(0, -1);
  const isBesideModule = folder.length > 0 && folder.every((step, i) => steps[i] === step);
  const isHidden = steps.some((step) => step === 'node_modules' || step.startsWith('.'));
  return isHidden || isBesideModule || /\.(wasm|o|tgz)$|~$/.test(path);
}

/**
 * Calls `changed` when a source in a folder was changed, made or removed. module: path of what the build makes; its folder
 * is not looked at. Returns what ends that. [control]
 *
 * Each folder is watched by itself: Node's own recursive watch misses files that are replaced by renaming, as editors do.
 */
export function watchSources(root: string, module: string, changed: (path: string) => void): () => void {
  const watchers = new Map<string, FSWatcher>();
  let timer: NodeJS.Timeout | undefined;
  const look = (path: string): void => {
    if (!watchers.has(path)) {
      const watcher = watch(join(root, path), (_, name) => {
        const file = name === null ? path : join(path, name);
        if (isMade(file, module)) return;
        clearTimeout(timer);
        timer = setTimeout(() => {
          lookInside('');
          changed(file);
        }, QUIET_MS);
      });
      watcher.on('error', () => leave(path));
      watchers.set(path, watcher);
    }
    lookInside(path);
  };
  const leave = (path: string): void => {
    watchers.get(path)?.close();
    watchers.delete(path);
  };
  const lookInside = (path: string): void => {
    try {
      for (const entry of readdirSync(join(root, path), { withFileTypes: true })) {
        const inside = join(path, entry.name);
        if (entry.isDirectory() && !isMade(`${inside}/`, module)) look(inside);
      }
    } catch {
      leave(path); // it went meanwhile
    }
  };
  look('');
  return () => {
    clearTimeout(timer);
    for (const path of [...watchers.keys()]) leave(path);
  };
}
