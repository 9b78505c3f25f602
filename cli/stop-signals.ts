/** Any of them ends a command in order: nothing half written stays. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Does work that the signals of a terminal and of a system abort. */
export async function untilStopped<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const onStop = () => stop.abort();
  for (const signal of STOP_SIGNALS) process.on(signal, onStop);
  try {
    return await work(stop.signal);
  } finally {
    for (const signal of STOP_SIGNALS) process.removeListener(signal, onStop);
  }
}
