import type { InstanceState } from '@audiocloud/api';
import './fault-note.css';

/** Whether nothing is heard of an instance because it failed. */
export function isMuted(state: InstanceState | undefined): boolean {
  return state?.state === 'failed' || state?.state === 'quarantined';
}

/** What is wrong with an instance, and what to do. */
export function FaultNote({ name, state }: { name: string; state: InstanceState | undefined }) {
  if (!state) return null;
  const { error, faults, nonFinite } = state;
  if (state.state === 'running' && !error && nonFinite === 0) return null;
  return (
    <div className={isMuted(state) ? 'fault failed' : 'fault'} role="alert">
      <strong>
        {name} {isMuted(state) ? 'is muted' : state.state === 'waiting' ? 'waits' : 'had trouble'}
        {faults > 0 && ` (${faults} ${faults === 1 ? 'fault' : 'faults'})`}
      </strong>
      {error && (
        <span>
          <code>{error.code}</code> {error.message} {error.advice}
        </span>
      )}
      {nonFinite > 0 && <span>{nonFinite} blocks had samples that are no numbers; they were replaced by silence.</span>}
    </div>
  );
}
