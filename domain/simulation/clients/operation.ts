import type { Permission } from '../../permissions/permission.ts';
import type { Answer } from '../world/front-door.ts';
import type { Register } from './register.ts';

/** What one request makes of one value. */
export interface Effect {
  register: Register<never>;
  value: unknown;
}

/** One change that a client wants. */
export interface Operation {
  name: string;
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: unknown;
  permission: Permission;
  /** Sent again with its key until it is answered. */
  isKeyed: boolean;
  /** Durable when it is answered: all but values that are set live. */
  isDurable: boolean;
  effects: Effect[];
  /** Codes of refusals that can be, beside those that are over soon. */
  refusals: readonly string[];
  answered?(answer: Answer): void;
}

/** [any] */
export const effect = <Value>(register: Register<Value>, value: Value): Effect => ({
  register: register as Register<never>,
  value,
});
