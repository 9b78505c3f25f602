import { AudioCloudClient } from '@audiocloud/client';
import { createRoot } from 'react-dom/client';
import { Gate } from './login/gate.tsx';
import { PageSession } from './login/page-session.ts';
import './styles/base.css';

const session = new PageSession(location.origin);
const client = new AudioCloudClient(location.origin, { fetch: session.fetch });
void session.begin();
createRoot(document.getElementById('root')!).render(<Gate client={client} session={session} />);
