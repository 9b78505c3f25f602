import type { Waiting } from '@audiocloud/api';
import { useSessionView } from '../session/use-session.ts';
import './waiting-note.css';

/** What the open task waits for, when it is not as it is wanted. */
export function WaitingNote() {
  const { state } = useSessionView();
  return <WaitingList waitingFor={state?.waitingFor ?? []} />;
}

/** Every reason with its end and its tries, where they are known. */
export function WaitingList({ waitingFor }: { waitingFor: readonly Waiting[] }) {
  if (waitingFor.length === 0) return null;
  return (
    <ul className="waiting" aria-label="Waiting for">
      {waitingFor.map(({ what, id, why, until, retries, nextTryAt }) => (
        <li key={`${what} ${id}`}>
          <b>
            {what} {id}
          </b>
          {why}
          {until && <span>until {clockText(until)}</span>}
          {retries > 0 && <span>tried {retries === 1 ? 'once' : `${retries} times`}</span>}
          {nextTryAt && <span>again at {clockText(nextTryAt)}</span>}
        </li>
      ))}
    </ul>
  );
}

const clockText = (iso: string): string => new Date(iso).toLocaleTimeString();
