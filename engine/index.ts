export * from './plugin/layout.ts';
export * from './plugin/load-plugin.ts';
export * from './plugin/manifest.ts';
export * from './plugin/memory-views.ts';
export * from './plugin/plugin-memory.ts';
export * from './plugin/probe.ts';
export * from './plugin/render-twin.ts';
export * from './plugin/check.ts';
