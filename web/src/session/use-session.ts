import { createContext, useContext, useSyncExternalStore } from 'react';
import type { SessionView, TaskSession } from './task-session.ts';

export const SessionContext = createContext<TaskSession | null>(null);

/** The session of the open task. */
export function useSession(): TaskSession {
  const session = useContext(SessionContext);
  if (!session) throw new Error('useSession: there is no SessionContext around this component');
  return session;
}

/** What the page shows of it; draws anew after each change. */
export function useSessionView(): SessionView {
  const session = useSession();
  return useSyncExternalStore(session.subscribe, () => session.view);
}
