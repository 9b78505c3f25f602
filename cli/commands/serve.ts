import { AudioCloudError } from '@audiocloud/api';
import { Command, InvalidArgumentError } from 'commander';
import { domainOptions } from '../config/domain-options.ts';
import { collect } from '../flags.ts';
import { printError } from '../print-error.ts';

interface ServeFlags {
  config?: string;
  port?: number;
  host?: string;
  access?: string;
  data?: string;
  media?: string[];
  plugins?: string[];
  example?: boolean;
  privateWebhooks?: boolean;
}

/** What a shell says of a process that SIGTERM ended. */
const ENDED_BY_SIGNAL = 143;

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65535)
    throw new InvalidArgumentError('wanted a port from 0 to 65535; 0 takes any free one.');
  return value;
}

/** `audiocloud serve`: the domain with its embedded engine. */
export function serveCommand(): Command {
  return new Command('serve')
    .description('Runs the domain with its embedded engine, and serves the page to control it.')
    .option('--config <file>', 'configuration in YAML or JSON; else AUDIOCLOUD_CONFIG names it')
    .option('--port <n>', 'port to listen on (default: 7700)', port)
    .option('--host <address>', 'address to listen on; one that other machines reach wants TLS (default: 127.0.0.1)')
    .option('--access <way>', 'accounts: with a login; open: without, on this machine only (default: accounts)')
    .option('--data <dir>', 'folder for tasks, media, plugins and sockets (default: data)')
    .option('--media <dir>', 'a folder whose files tasks may use; may be given again', add)
    .option('--plugins <dir>', 'a plugin package, or a folder of them; may be given again', add)
    .option('--private-webhooks', 'let webhooks lead to this machine and to networks behind it')
    .option('--example', 'open an example task and play it in a loop')
    .addHelpText(
      'after',
      '\nA flag counts more than the environment (AUDIOCLOUD_PORT, AUDIOCLOUD_LOG_LEVEL, ...), that more than the file.\nSIGTERM and SIGINT let requests finish and store what plays; a second one ends at once.\n\nExample:\n  audiocloud serve --port 7700 --data ./data --example\n  audiocloud domain check audiocloud.yaml && audiocloud serve --config audiocloud.yaml',
    )
    .action(serve);
}

const add = (value: string, before: string[] | undefined): string[] => collect(value, before ?? []);

async function serve({ config: file, ...flags }: ServeFlags): Promise<void> {
  const { readConfig, startDomain } = await import('@audiocloud/domain'); // other commands need not wait for it
  const { config } = readConfig({
    file: file ?? (process.env['AUDIOCLOUD_CONFIG'] || undefined),
    environment: process.env,
    flags: { ...flags },
  });
  let token: string | undefined;
  const onFirstStart = (made: { token: string }) => {
    token = made.token;
  };
  const domain = await startDomain({ ...domainOptions(config), onFirstStart }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EADDRINUSE' || error.code === 'EACCES' ? refusedPort(config, error.code) : error;
  });
  console.log(`Audio Cloud is running: open ${domain.url}${token === undefined ? '' : `/#token=${token}`}`);
  if (config.access !== 'open') console.log(loginNote(config.data ?? 'data', token !== undefined));
  process.on('SIGHUP', () => {
    try {
      domain.reload();
    } catch (error) {
      printError(error, false);
    }
  });
  await new Promise<void>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done());
  });
  // Somebody who asks again does not want to wait; the engine ends itself when its lease is over.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(ENDED_BY_SIGNAL));
  await domain.drain();
  await domain.close();
}

function loginNote(data: string, isFirst: boolean): string {
  const command = `audiocloud domain token --data ${data}`;
  return isFirst
    ? `This address logs you in for 12 hours, and is shown once. Later: ${command}`
    : `To log in: ${command}`;
}

function refusedPort({ host = '', port = 0 }: { host?: string; port?: number }, code: string): AudioCloudError {
  const why =
    code === 'EACCES' ? 'this user may not open it' : 'another program listens there, perhaps Audio Cloud itself';
  return new AudioCloudError('REQUEST_INVALID', `Cannot listen on ${host}:${port}: ${why}; give another with --port`);
}
