import { useCallback, useEffect, useMemo, useState } from 'react';
import { useSession } from '../session/use-session.ts';
import { HeldKeys } from './held-keys.ts';

/** What is drawn of keys that are held. */
interface Shown {
  notes: ReadonlySet<number>;
  isSustained: boolean;
}

/** Keys held on a midi input of an instance. `look` draws what has changed. All are let go when the page is left. */
export function useHeldKeys(instance: string, port: string): { keys: HeldKeys; shown: Shown; look(): void } {
  const session = useSession();
  const [shown, setShown] = useState<Shown>({ notes: new Set(), isSustained: false });
  const keys = useMemo(
    () => new HeldKeys((bytes) => session.midi([{ instance, port, bytes }])),
    [session, instance, port],
  );
  const look = useCallback(() => setShown({ notes: keys.notes, isSustained: keys.isSustained }), [keys]);
  useEffect(() => {
    const letGo = () => {
      keys.releaseAll();
      look();
    };
    const onHide = () => document.hidden && letGo();
    window.addEventListener('blur', letGo);
    document.addEventListener('visibilitychange', onHide);
    return () => {
      window.removeEventListener('blur', letGo);
      document.removeEventListener('visibilitychange', onHide);
      letGo();
    };
  }, [keys, look]);
  return { keys, shown, look };
}
