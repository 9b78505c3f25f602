import type { AudioCloudClient } from '@audiocloud/client';
import { useSyncExternalStore } from 'react';
import { App } from '../app.tsx';
import { LoginForm } from './login-form.tsx';
import type { PageSession } from './page-session.ts';

/** The page, for whom the domain knows. */
export function Gate({ client, session }: { client: AudioCloudClient; session: PageSession }) {
  const login = useSyncExternalStore(session.subscribe, () => session.login);
  if (login.state === 'known') return <App client={client} />;
  return login.state === 'asking' ? null : <LoginForm session={session} login={login} />;
}
