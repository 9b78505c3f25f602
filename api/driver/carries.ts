/**
 * What an adapter carries, as its manifest says. It decides which mappings a driver for it may use: engine/adapter/kinds
 * has the table.
 */
export const CARRIES = ['midi', 'stream', 'packets', 'osc', 'requests'] as const;
export type Carries = (typeof CARRIES)[number];
