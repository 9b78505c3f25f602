import { useSession, useSessionView } from '../session/use-session.ts';
import './trouble-note.css';

/** The last request that was refused, in words. */
export function TroubleNote() {
  const session = useSession();
  const { trouble } = useSessionView();
  if (!trouble) return null;
  return (
    <div className="trouble" role="alert">
      <span>
        <code>{trouble.code}</code> {trouble.message}
      </span>
      <button type="button" aria-label="Dismiss" onClick={() => session.dismiss()}>
        ×
      </button>
    </div>
  );
}
