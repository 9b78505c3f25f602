import { join, resolve } from 'node:path';
import { AudioCloudError } from '@audiocloud/api';
import { Command, InvalidArgumentError } from 'commander';
import { collect, dataFolder } from '../flags.ts';
import { pluginsIn } from '../packages/plugins-in.ts';
import { exampleFolder, stockPluginFolder, webFolder } from '../stock-folders.ts';

interface ServeFlags {
  port: number;
  host: string;
  data: string;
  media: string[];
  plugins: string[];
  example?: boolean;
  privateWebhooks?: boolean;
}

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
    .option('--port <n>', 'port to listen on', port, Number(process.env['AUDIOCLOUD_PORT'] ?? 7700))
    .option(
      '--host <address>',
      'address to listen on; there is no login yet, so keep it on this machine',
      process.env['AUDIOCLOUD_HOST'] ?? '127.0.0.1',
    )
    .option('--data <dir>', 'folder for tasks, media, plugins and sockets', dataFolder())
    .option('--media <dir>', 'a folder whose files tasks may use; may be given again', collect, [])
    .option('--plugins <dir>', 'a plugin package, or a folder of them; may be given again', collect, [])
    .option('--private-webhooks', 'let webhooks lead to this machine and to networks behind it')
    .option('--example', 'open an example task and play it in a loop')
    .addHelpText('after', '\nExample:\n  audiocloud serve --port 7700 --data ./data --example')
    .action(serve);
}

async function serve(flags: ServeFlags): Promise<void> {
  const { startDomain } = await import('@audiocloud/domain'); // other commands need not wait for it
  const dataDir = resolve(flags.data);
  const examples = exampleFolder();
  const domain = await startDomain({
    port: flags.port,
    host: flags.host,
    dataDir,
    mediaDirs: [
      join(dataDir, 'media'),
      ...flags.media.map((dir) => resolve(dir)),
      ...(flags.example ? [join(examples, 'media')] : []),
    ],
    pluginDirs: [stockPluginFolder(), ...flags.plugins.map((dir) => resolve(dir)), pluginsIn(dataDir)],
    installDir: pluginsIn(dataDir),
    webDir: webFolder(),
    allowsPrivateWebhooks: flags.privateWebhooks ?? false,
    ...(flags.example ? { example: join(examples, 'tasks', 'example.json') } : {}),
  }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EADDRINUSE' || error.code === 'EACCES' ? refusedPort(flags, error.code) : error;
  });
  console.log(`Audio Cloud is running: open ${domain.url}`);
  await new Promise<void>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done());
  });
  await domain.close();
}

function refusedPort({ host, port }: ServeFlags, code: string): AudioCloudError {
  const why =
    code === 'EACCES' ? 'this user may not open it' : 'another program listens there, perhaps Audio Cloud itself';
  return new AudioCloudError('REQUEST_INVALID', `Cannot listen on ${host}:${port}: ${why}; give another with --port`);
}
