import type { AudioCloudClient } from '@audiocloud/client';
import { useEffect, useState } from 'react';
import './app.css';
import { HardwareRack } from './hardware/hardware-rack.tsx';
import { ConnectionLight } from './header/connection-light.tsx';
import { LoadNote } from './header/load-note.tsx';
import { TaskChoice } from './header/task-choice.tsx';
import { TroubleNote } from './header/trouble-note.tsx';
import { WaitingNote } from './header/waiting-note.tsx';
import { ListenButton } from './listen/listen-button.tsx';
import { OpenTask } from './open-task.tsx';
import { PresenceBar } from './presence/presence-bar.tsx';
import { TaskSession } from './session/task-session.ts';
import { SessionContext } from './session/use-session.ts';
import { TransportBar } from './transport/transport-bar.tsx';
import { useTasks } from './use-tasks.ts';

/** The whole page. The open task is in the address (`#task`), so that a link leads to it. */
export function App({ client }: { client: AudioCloudClient }) {
  const { tasks, trouble } = useTasks(client);
  const [wanted, setWanted] = useState(() => decodeURIComponent(location.hash.slice(1)));
  const chosen = tasks?.find(({ id }) => id === wanted)?.id ?? tasks?.[0]?.id;
  const [session, setSession] = useState<TaskSession>();
  useEffect(() => {
    if (!chosen) return setSession(undefined);
    const opened = new TaskSession(client, chosen);
    setSession(opened);
    return () => opened.close();
  }, [client, chosen]);
  const choose = (taskId: string) => {
    history.replaceState(null, '', `#${encodeURIComponent(taskId)}`);
    setWanted(taskId);
  };

  const brand = (
    <h1 className="brand">
      <img src="/icon.svg" alt="" width="26" height="26" />
      Audio Cloud
    </h1>
  );
  if (!session)
    return (
      <>
        <header className="header">{brand}</header>
        <main className="main">
          <p className="note lonely">
            {trouble?.message ?? (tasks ? 'There is no task yet. Create one: POST /v1/tasks' : 'Connecting…')}
          </p>
          <HardwareRack client={client} />
        </main>
      </>
    );
  return (
    <SessionContext.Provider value={session}>
      <header className="header">
        {brand}
        <TaskChoice tasks={tasks ?? []} chosen={session.taskId} onChoose={choose} />
        <TransportBar />
        <ListenButton key={session.taskId} />
        <LoadNote />
        <PresenceBar />
        <ConnectionLight />
      </header>
      <TroubleNote />
      <WaitingNote />
      <main className="main">
        <OpenTask key={session.taskId} />
        <HardwareRack client={client} />
      </main>
    </SessionContext.Provider>
  );
}
