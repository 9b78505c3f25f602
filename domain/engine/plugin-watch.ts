import { mkdirSync, watch } from 'node:fs';

/** Several changes that follow each other this closely are one. */
const QUIET_MS = 100;
/** Written last by whoever installs or removes a package. */
const LIST = 'installed.json';

/** Calls `changed` when packages were installed in a folder or removed from it. Returns what ends that. [control] */
export function watchPlugins(folder: string, changed: () => void): () => void {
  mkdirSync(folder, { recursive: true });
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch(folder, (_, name) => {
    if (name !== LIST) return;
    clearTimeout(timer);
    timer = setTimeout(changed, QUIET_MS);
  });
  watcher.on('error', () => watcher.close()); // the folder went: what is loaded stays
  return () => {
    clearTimeout(timer);
    watcher.close();
  };
}
