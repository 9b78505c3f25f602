import { ERRORS, type InstanceState } from '@audiocloud/api';
import { INSTANCE_RECORD, MUTED_BY } from '../render/program.ts';
import { FAULT_WINDOW_SECONDS, type FaultHistory } from './fault-history.ts';
import type { TaskInstance } from './task-instance.ts';

/** What a client is told of an instance. [control] */
export function instanceState(instance: TaskInstance, history: FaultHistory | undefined): InstanceState {
  const isMuted = instance.recordWord(INSTANCE_RECORD.muted) !== 0;
  const isQuarantined = isMuted && history?.isQuarantined === true;
  const cause = isMuted ? (MUTED_BY[instance.recordWord(INSTANCE_RECORD.mutedBy)] ?? 'trap') : history?.cause;
  return {
    state: isQuarantined ? 'quarantined' : isMuted ? 'failed' : 'running',
    faults: instance.recordWord(INSTANCE_RECORD.faults),
    restarts: history?.restarts ?? 0,
    nonFinite: instance.recordWord(INSTANCE_RECORD.nonFinite),
    latencyFrames: instance.latencyFrames,
    ...(cause ? { error: failure(instance, isQuarantined ? history!.cause : cause, isMuted, isQuarantined) } : {}),
  };
}

function failure({ name, model }: TaskInstance, cause: string, isMuted: boolean, isQuarantined: boolean) {
  const { advice, retry } = ERRORS.INSTANCE_FAILED;
  const what = isQuarantined
    ? `stays muted after several faults within ${FAULT_WINDOW_SECONDS} s, until it is put again or play begins`
    : isMuted
      ? 'is muted'
      : 'failed and was started again';
  return {
    code: 'INSTANCE_FAILED' as const,
    message: `Instance '${name}' (${model.id}) ${what}: ${cause}`,
    advice,
    retry,
    details: { instance: name, cause },
  };
}
