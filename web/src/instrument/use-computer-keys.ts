import { useEffect, useRef } from 'react';

interface Handlers {
  /** True: it plays something, and nothing else is to come of it. */
  press(code: string): boolean;
  release(code: string): void;
}

/** Calls for keys of the computer anywhere on the page, but for where somebody types or chooses. */
export function useComputerKeys(handlers: Handlers): void {
  const latest = useRef(handlers);
  latest.current = handlers;
  useEffect(() => {
    const listening = new AbortController();
    const { signal } = listening;
    window.addEventListener(
      'keydown',
      (event) => {
        if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || isTyped(event.target)) return;
        if (latest.current.press(event.code)) event.preventDefault();
      },
      { signal },
    );
    window.addEventListener('keyup', (event) => latest.current.release(event.code), { signal });
    return () => listening.abort();
  }, []);
}

function isTyped(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('input, select, textarea') !== null;
}
