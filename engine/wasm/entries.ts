import type { Signature } from './wasm-module.ts';

/** What a plugin exports: functions with their types. */
export const REQUIRED_ENTRIES: Readonly<Record<string, Signature>> = {
  ac_create: 'i32 i64 -> i32',
  ac_parameter: 'i32 i32 i32 f64 -> i32',
  ac_activate: 'i32 f64 i32 -> i32',
  ac_latency: 'i32 -> i32',
  ac_tail: 'i32 -> i32',
  ac_reset: 'i32 -> ',
  ac_process: 'i32 i32 -> i32',
  ac_deactivate: 'i32 -> ',
  ac_destroy: 'i32 -> ',
  ac_state_save: 'i32 -> i32',
  ac_state_load: 'i32 i32 -> i32',
  ac_alloc: 'i32 -> i32',
  ac_free: 'i32 -> ',
};

export const OPTIONAL_ENTRIES: Readonly<Record<string, Signature>> = {
  ac_process_many: 'i32 i32 i32 -> ',
  ac_media: 'i32 i32 i32 i32 i32 f64 -> i32',
};

/** What a plugin may import, and nothing else. */
export const ALLOWED_IMPORTS: Readonly<Record<string, Signature>> = {
  'env.abort': 'i32 i32 i32 i32 -> ',
  'ac.log': 'i32 i32 -> ',
};

/** What the rewriter adds. */
export const ADDED_EXPORTS = { refuel: 'ac_refuel', stack: 'ac_stack', fuel: 'ac_fuel' } as const;

/** A C module names its stack pointer by this export. */
export const STACK_POINTER = '__stack_pointer';
