import { type AudioCloudError, asAudioCloudError } from '@audiocloud/api';
import type { AudioCloudClient, TaskEntry } from '@audiocloud/client';
import { useEffect, useState } from 'react';

const POLL_MS = 5000;

/** The tasks of the domain; undefined until it has answered. */
export function useTasks(client: AudioCloudClient): { tasks: TaskEntry[] | undefined; trouble?: AudioCloudError } {
  const [answer, setAnswer] = useState<{ tasks: TaskEntry[] | undefined; trouble?: AudioCloudError }>({
    tasks: undefined,
  });
  useEffect(() => {
    let isOver = false;
    const ask = async () => {
      if (document.hidden) return;
      try {
        const tasks = await client.tasks.list();
        if (!isOver) setAnswer((old) => (JSON.stringify(old.tasks) === JSON.stringify(tasks) ? old : { tasks }));
      } catch (error) {
        const trouble = asAudioCloudError(error);
        if (!isOver) setAnswer(({ tasks }) => ({ tasks, trouble }));
      }
    };
    void ask();
    const timer = setInterval(ask, POLL_MS);
    return () => {
      isOver = true;
      clearInterval(timer);
    };
  }, [client]);
  return answer;
}
