import type { Task } from '@audiocloud/api';
import type { Plugin } from '../plugin/load-plugin.ts';
import type { Registry } from '../registry/registry.ts';

/** The plugin with the most instances: the host's buffers live in its memory, so that most edges are pointers. */
export function favouritePlugin(graph: Task, registry: Registry): Plugin | undefined {
  const counts = new Map<Plugin, number>();
  for (const { model } of Object.values(graph.instances ?? {})) {
    const { plugin } = registry.find(model);
    if (plugin) counts.set(plugin, (counts.get(plugin) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}
