import type { FixedInstance, Model } from '@audiocloud/api';
import type { AudioCloudClient } from '@audiocloud/client';
import { useEffect, useState } from 'react';

const POLL_MS = 2000;

/** The hardware of the domain with its models, asked for every two seconds while the page is seen. */
export function useFixedInstances(client: AudioCloudClient): {
  instances: FixedInstance[];
  models: Model[];
  refresh(): void;
} {
  const [instances, setInstances] = useState<FixedInstance[]>([]);
  const [models, setModels] = useState<Model[]>([]);
  const [round, setRound] = useState(0);
  useEffect(() => {
    let isOver = false;
    const ask = async () => {
      if (document.hidden) return;
      try {
        const found = await client.instances();
        if (isOver) return;
        setInstances(found);
        if (found.length > 0 && models.length === 0) setModels(await client.models());
      } catch {
        // the live connection already says that the domain is away
      }
    };
    void ask();
    const timer = setInterval(ask, POLL_MS);
    return () => {
      isOver = true;
      clearInterval(timer);
    };
  }, [client, round]);
  return { instances, models, refresh: () => setRound((count) => count + 1) };
}
