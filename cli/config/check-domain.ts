import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { asAudioCloudError, type ErrorBody } from '@audiocloud/api';
import {
  type DomainConfig,
  type DomainOptions,
  openToRead,
  readTls,
  requireSafe,
  requireTracing,
  storePath,
} from '@audiocloud/domain';
import { Registry } from '@audiocloud/engine';
import { domainOptions, foldersOf } from './domain-options.ts';

/** What was looked at, and what was found. */
export interface DomainFinding {
  /** Of the configuration, or `store`. */
  key: string;
  ok: boolean;
  message: string;
  error?: ErrorBody;
}

/** Looks whether a domain could start with a configuration, and starts nothing. */
export async function checkDomain(config: DomainConfig): Promise<DomainFinding[]> {
  const { data = 'data', media = [] } = config;
  return [
    dataFinding(data),
    ...media.map((folder, index) => readable(`media[${index}]`, folder)),
    ...pluginFindings(config),
    await portFinding(config),
    ...safetyFindings(config),
    storeFinding(data),
    ...(await tracingFindings(config)),
  ];
}

const good = (key: string, message: string): DomainFinding => ({ key, ok: true, message });
const bad = (key: string, message: string, error?: ErrorBody): DomainFinding => ({
  key,
  ok: false,
  message,
  ...(error ? { error } : {}),
});

function may(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

function dataFinding(folder: string): DomainFinding {
  if (existsSync(folder)) {
    if (!statSync(folder).isDirectory()) return bad('data', `${folder} is no folder`);
    return may(folder, constants.R_OK | constants.W_OK | constants.X_OK)
      ? good('data', `${folder} can be written`)
      : bad('data', `${folder} cannot be written by this user`);
  }
  let above = dirname(folder);
  while (!existsSync(above)) above = dirname(above);
  return may(above, constants.W_OK | constants.X_OK)
    ? good('data', `${folder} is made at the start`)
    : bad('data', `${folder} is not there, and this user cannot write in ${above}`);
}

function readable(key: string, folder: string): DomainFinding {
  if (!existsSync(folder)) return bad(key, `there is no folder ${folder}; make it or correct the path`);
  if (!statSync(folder).isDirectory()) return bad(key, `${folder} is no folder`);
  return may(folder, constants.R_OK | constants.X_OK)
    ? good(key, `${folder} can be read`)
    : bad(key, `${folder} cannot be read by this user`);
}

/** Every package in them as the engine would find it. */
function pluginFindings(config: DomainConfig): DomainFinding[] {
  const { plugins = [] } = config;
  const folders = plugins.map((folder, index) => readable(`plugins[${index}]`, folder));
  // What the engine makes of a folder that is not there is said already.
  const { packages, refused } = Registry.open(foldersOf(config).pluginDirs.filter((folder) => existsSync(folder)));
  const empty = plugins.flatMap((folder, index) => {
    const isIn = (path: unknown) => path === folder || String(path).startsWith(join(folder, '/'));
    const found = [...packages.map((one) => one.folder), ...refused.map(({ details }) => details?.['folder'])];
    return folders[index]!.ok && !found.some(isIn)
      ? [bad(`plugins[${index}]`, `there is no audiocloud.json in ${folder} or in a folder inside it`)]
      : [];
  });
  return [
    ...folders,
    ...empty,
    ...refused.map((error) => bad('plugins', error.message, error)),
    good('plugins', `packages that can be used: ${packages.length}`),
  ];
}

/** Opens the port and closes it again. */
function portFinding({ host = '127.0.0.1', port = 7700 }: DomainConfig): Promise<DomainFinding> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'another program listens there, perhaps this domain' : error.message;
      resolve(bad('port', `cannot listen on ${host}:${port}: ${why}`));
    });
    server.listen({ host, port, exclusive: true }, () =>
      server.close(() => resolve(good('port', port === 0 ? 'any free one is taken' : `${host}:${port} is free`))),
    );
  });
}

/** Whether it may listen so, and its certificate. */
function safetyFindings(config: DomainConfig): DomainFinding[] {
  const findings: DomainFinding[] = [];
  const attempt = (key: string, message: string, look: () => void) => {
    try {
      look();
      findings.push(good(key, message));
    } catch (thrown) {
      const error = asAudioCloudError(thrown).toJSON();
      findings.push(bad(key, error.message, error));
    }
  };
  const { host = '127.0.0.1', access = 'accounts', plainHttp: allowsPlainHttp = false } = config;
  let tls: DomainOptions['tls'];
  if (config.tls)
    attempt('tls', 'the certificate and its key belong together', () => {
      ({ tls } = domainOptions(config));
      if (tls) readTls(tls);
    });
  const who = access === 'open' ? 'everybody on this machine may do everything' : 'everybody shows a key or a token';
  attempt('access', who, () => requireSafe({ host, access, hasTls: tls !== undefined, allowsPlainHttp }));
  return findings;
}

function storeFinding(data: string): DomainFinding {
  try {
    const found = openToRead(data);
    if (!found) return good('store', `${storePath(data)} is made at the start`);
    const { count } = found.database.prepare('SELECT count(*) AS count FROM entries').get() as { count: number };
    found.database.close();
    return good('store', `${storePath(data)} opens: schema version ${found.facts.version}, ${count} entries`);
  } catch (thrown) {
    const error = asAudioCloudError(thrown, 'STORE_INVALID').toJSON();
    return bad('store', error.message, error);
  }
}

async function tracingFindings({ tracing }: DomainConfig): Promise<DomainFinding[]> {
  if (!tracing?.endpoint) return [];
  return requireTracing().then(
    () => [good('tracing.endpoint', 'the packages that send traces are installed')],
    (thrown) => {
      const error = asAudioCloudError(thrown).toJSON();
      return [bad('tracing.endpoint', error.message, error)];
    },
  );
}
