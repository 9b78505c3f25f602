import { AudioCloudClient } from '@audiocloud/client';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import './styles/base.css';

const client = new AudioCloudClient(location.origin);
createRoot(document.getElementById('root')!).render(<App client={client} />);
