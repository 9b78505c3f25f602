/** Why a call into a module ended early. */
export type TrapCause =
  | 'fuel exhausted'
  | 'stack overflow'
  | 'abort called'
  | 'unreachable'
  | 'out of bounds'
  | 'division'
  | 'indirect call'
  | 'recursion too deep'
  | 'thread wedged'
  | 'trap';

/** Thrown by `env.abort`, so that an abort is told from other traps. */
export class PluginAbort extends Error {
  override readonly name = 'PluginAbort';
}

/** Stands for what a call would have thrown whose thread was ended from outside, because the call did not come back. */
export class WedgedThread extends Error {
  override readonly name = 'WedgedThread';
}

/** What is known of a twin when a call into it ended early. */
export interface TwinState {
  /** Units left; below 0 after fuel ran out. */
  readonly fuel: number;
  readonly stackPointer: number | undefined;
  readonly stackLimit: number;
}

/** Names the cause of what a call into a module threw. V8's messages are the only place that tells traps apart. [any] */
export function trapCause(thrown: unknown, { fuel, stackPointer, stackLimit }: TwinState): TrapCause {
  if (thrown instanceof PluginAbort) return 'abort called';
  if (thrown instanceof WedgedThread) return 'thread wedged';
  if (thrown instanceof RangeError) return 'recursion too deep';
  const message = thrown instanceof Error ? thrown.message : '';
  if (message.includes('unreachable')) {
    if (fuel < 0) return 'fuel exhausted';
    return stackPointer !== undefined && (stackPointer >>> 0 < stackLimit || stackPointer < 0)
      ? 'stack overflow'
      : 'unreachable';
  }
  if (message.includes('out of bounds')) return 'out of bounds';
  if (message.includes('divide') || message.includes('remainder') || message.includes('unrepresentable'))
    return 'division';
  if (message.includes('table') || message.includes('signature') || message.includes('null')) return 'indirect call';
  return 'trap';
}
