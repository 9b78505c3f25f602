import { useSessionView } from '../session/use-session.ts';
import './connection-light.css';

const WORDS = { connecting: 'Connecting', open: 'Connected', lost: 'Reconnecting', closed: 'Closed' } as const;

/** Whether the page shows the truth of now. */
export function ConnectionLight() {
  const { connection } = useSessionView();
  return (
    <span className={`connection connection-${connection}`} role="status">
      {WORDS[connection]}
    </span>
  );
}
