import { chmodSync, closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { basename, dirname, extname, join, relative, resolve } from 'node:path';
import type { Server as TlsServer } from 'node:tls';
import { asAudioCloudError, check, type EngineRegistration, Task, type TokenCreated } from '@audiocloud/api';
import type { FastifyBaseLogger } from 'fastify';
import { AccountAuthenticator } from './accounts/account-authenticator.ts';
import { keysInFile } from './accounts/key-file.ts';
import { keysInMemory, SigningKeys } from './accounts/signing-keys.ts';
import { administratorToken } from './accounts/token-service.ts';
import type { BookingSettings } from './booking/booking-settings.ts';
import { systemClock } from './clock/clock.ts';
import { openCore } from './core.ts';
import { asyncapiRoute } from './documents/asyncapi.ts';
import { openapiRoute } from './documents/openapi.ts';
import { engineSockets } from './engine/engine-client.ts';
import { EngineSupervisor, type EngineSupervisorOptions } from './engine/engine-supervisor.ts';
import { watchPlugins } from './engine/plugin-watch.ts';
import { embeddedOf, engineVariables, registeredEngine } from './engine/open-registered.ts';
import { exportFolder } from './exports/export-folder.ts';
import type { ExportLimits } from './exports/export-limits.ts';
import { putFile } from './exports/put-file.ts';
import { isLocalAddress } from './http/origin.ts';
import { pageRoute } from './http/page.ts';
import { requireSafe } from './http/safe-to-listen.ts';
import { createServer } from './http/server.ts';
import { readTls, type TlsFiles } from './http/tls.ts';
import { Draining, type DrainOptions } from './lifecycle/draining.ts';
import { createLogger } from './logging/logger.ts';
import { freeBytes } from './media/free-bytes.ts';
import { contentFolder } from './media/content-folder.ts';
import type { LibrarySettings } from './media/media-limits.ts';
import { mediaPaths } from './media/media-paths.ts';
import { DEFAULT_IMPORTS, type ImportSettings } from './media/import-settings.ts';
import { mediaSources } from './media/media-sources.ts';
import { pathSources } from './media/path-sources.ts';
import { UploadFolder } from './media/upload/upload-folder.ts';
import { UploadService } from './media/upload/upload-service.ts';
import { uploadSources } from './media/upload/upload-sources.ts';
import { urlSources } from './media/url-sources.ts';
import { NetworkGuard } from './network/network-guard.ts';
import { DomainCounters } from './metrics/domain-counters.ts';
import { type Authenticator, trustAnybody } from './permissions/authenticator.ts';
import { MAIN_APPLICATION } from './permissions/principal.ts';
import { systemRandomBytes } from './random/random-bytes.ts';
import { ROUTES } from './routes/index.ts';
import type { Services } from './routes/route.ts';
import { lockDataFolder } from './store/data-folder-lock.ts';
import { observedStore } from './store/observed-store.ts';
import { openSqliteStore } from './store/sqlite-store.ts';
import type { Store } from './store/store.ts';
import { storePath } from './store/store-file.ts';
import type { ApplicationTasks } from './tasks/task-service.ts';
import { Peers } from './streams/peers.ts';
import { peerSettings, type WebrtcOptions } from './streams/peer-settings.ts';
import { openTelemetry, type TracingOptions } from './tracing/open-telemetry.ts';
import { noTracer } from './tracing/tracer.ts';
import { postWebhook } from './webhooks/post-webhook.ts';

export interface DomainOptions {
  /** 0 takes a free one. */
  port: number;
  /** Default 127.0.0.1: nobody else can reach it. */
  host?: string;
  /** Store, sockets of the engine and its log. */
  dataDir: string;
  /** Media of tasks may lie in these folders and nowhere else. */
  mediaDirs: string[];
  /** Imports of media that work at once; default 2. */
  mediaJobs?: number;
  /** Where clients reach it by WebRTC; default: where it listens, on any port. */
  webrtc?: WebrtcOptions;
  /** Default: DEFAULT_LIBRARY. */
  library?: LibrarySettings;
  /** From where imports may come, and how much; default: DEFAULT_IMPORTS. */
  imports?: Partial<ImportSettings>;
  /** Certificates that an import trusts in the place of those of the machine (PEM). */
  importCa?: string;
  /** What exports may take; default: DEFAULT_EXPORT_LIMITS. */
  exportLimits?: ExportLimits;
  /** Files of exports may be uploaded to this machine and to networks behind it; default false. */
  allowsPrivateUploads?: boolean;
  pluginDirs: string[];
  /** One of them into which packages are installed while the domain runs: their models appear without a restart. */
  installDir?: string;
  /** Folder of the built page. */
  webDir?: string;
  /**
   * File of a task that is created and played when there is none of its name. Its media paths are taken from its
   * folder, and have to lead into one of the media folders.
   */
  example?: string;
  /** What happens to the engine at `close`: it ends too (default), or plays on until its lease runs out. */
  engineAtClose?: 'end' | 'leave';
  /** File that runs the engine; default: that of @audiocloud/engine. */
  engineEntry?: string;
  /** Variables for the engine. */
  engineEnvironment?: Record<string, string>;
  /** More engines, there from the start; an entry `embedded` says what the embedded one has. */
  engines?: EngineRegistration[];
  /** An engine may be away so long before its tasks go to another one; default 5. */
  engineLossSeconds?: number;
  /**
   * `accounts` (default): everybody shows an API key or a token. `open`: whoever reaches it may do everything; on loopback only, for
   * tests and for one person's machine.
   */
  access?: 'accounts' | 'open';
  /** Another way to find out who asks. */
  authenticator?: Authenticator;
  /** Called once, at the first start of a data folder, with a token for everything. */
  onFirstStart?: (token: TokenCreated) => void;
  /** Certificate and key; without them it speaks http. */
  tls?: TlsFiles;
  /** Keys and tokens may come without TLS from other machines: something in front of it has TLS. */
  allowsPlainHttp?: boolean;
  /** Pages of these origins may call and connect. */
  origins?: string[];
  /** Addresses or networks of proxies in front of it. */
  proxies?: string[];
  /** Webhooks may lead to this machine and to networks behind it; default false. */
  allowsPrivateWebhooks?: boolean;
  /** Of fixed instances; default: DEFAULT_BOOKING. */
  booking?: BookingSettings;
  /** Requests of one address; default 6,000. */
  requestsPerMinute?: number;
  logger?: FastifyBaseLogger;
  /** Of the logger that is made when none is given: info (default), warn, error, silent. */
  logLevel?: string;
  /** Default: new requests are refused at once, and what is under way may take 10 s. */
  drain?: DrainOptions;
  /** Where traces are sent; without it none are made. */
  tracing?: TracingOptions;
}

export interface Domain {
  /** Where it answers, e.g. `http://127.0.0.1:8480`. */
  url: string;
  /** Not ready at once, then takes no new requests, then settles when nobody waits for it any more. `close` is to follow. */
  drain(): Promise<void>;
  /** Reads certificate and key again; connections that are open stay. Throws CONFIG_INVALID, and goes on with those before. */
  reload(): void;
  close(): Promise<void>;
}

/** Starts a domain with its engines. Settles when all answer, or could not be started yet. */
export async function startDomain(options: DomainOptions): Promise<Domain> {
  const {
    port,
    host = '127.0.0.1',
    access = 'accounts',
    logger = createLogger(options.logLevel),
    drain = { delaySeconds: 0, limitSeconds: 10 },
  } = options;
  const { tls, allowsPlainHttp = false } = options;
  requireSafe({ host, access, hasTls: tls !== undefined, allowsPlainHttp });
  const tlsContent = tls && readTls(tls);
  const dataDir = resolve(options.dataDir);
  engineSockets(dataDir); // before anything is written where no engine could ever listen
  // What is stored is nobody else's to read.
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const tracer = options.tracing ? await openTelemetry(options.tracing, logger) : noTracer;
  const unlock = lockDataFolder(dataDir);
  const signingKeys = openKeys(dataDir, access, unlock);
  const counters = new DomainCounters();
  const store = observedStore(openStore(dataDir, unlock), counters, tracer);
  const own = embeddedOf(options.engines ?? []);
  const engineOptions: Omit<EngineSupervisorOptions, 'dataDir'> = {
    tracer,
    pluginDirs: options.pluginDirs.map((folder) => resolve(folder)),
    logger,
    ...(options.engineEntry === undefined ? {} : { entry: options.engineEntry }),
    ...(options.engineAtClose === undefined ? {} : { atClose: options.engineAtClose }),
  };
  const engine = new EngineSupervisor({
    ...engineOptions,
    dataDir,
    environment: { ...options.engineEnvironment, ...(own ? engineVariables(own) : {}) },
  });
  const mediaDirs = options.mediaDirs.map((folder) => resolve(folder));
  const imports = { ...DEFAULT_IMPORTS, ...options.imports };
  const uploadFolder = new UploadFolder(join(dataDir, 'uploads'), imports.uploadMs);
  const sources = mediaSources(
    {
      path: pathSources(mediaDirs),
      url: urlSources(new NetworkGuard(imports, 'MEDIA_URL'), imports, options.importCa),
      upload: uploadSources(uploadFolder),
    },
    imports.mostBytes,
  );
  const core = await openCore({
    store,
    clock: systemClock,
    engine,
    configuredEngines: options.engines ?? [],
    openEngine: (registration) => registeredEngine(registration, dataDir, engineOptions),
    ...(options.engineLossSeconds === undefined ? {} : { engineLossMs: options.engineLossSeconds * 1000 }),
    logger,
    mediaPaths: (task) => mediaPaths(task, mediaDirs),
    mediaDisk: {
      sources,
      content: contentFolder(join(dataDir, 'imported')),
      freeBytes: () => freeBytes(dataDir),
    },
    ...(options.library === undefined ? {} : { library: options.library }),
    ...(options.mediaJobs === undefined ? {} : { mediaJobs: options.mediaJobs }),
    exports: {
      disk: exportFolder(join(dataDir, 'exports')),
      putFile,
      allowsPrivateUploads: options.allowsPrivateUploads ?? false,
      ...(options.exportLimits === undefined ? {} : { limits: options.exportLimits }),
    },
    randomBytes: systemRandomBytes,
    postWebhook,
    allowsPrivateWebhooks: options.allowsPrivateWebhooks ?? false,
    signingKeys,
    ...(options.booking === undefined ? {} : { booking: options.booking }),
    peers: new Peers(peerSettings(options.webrtc ?? {}, host), logger),
  });
  const uploads = new UploadService({
    folder: uploadFolder,
    settings: imports,
    media: core.media,
    clock: systemClock,
    logger,
    randomBytes: systemRandomBytes,
  });
  const { accounts, audit } = core;
  const known = access === 'open' ? trustAnybody : new AccountAuthenticator(accounts, systemClock);
  const requestsPerMinute = options.requestsPerMinute ?? 6_000;
  const draining = new Draining(drain, core.sessions, logger);
  const server = await createServer({
    logger,
    authenticator: options.authenticator ?? known,
    clock: systemClock,
    audit,
    requestsPerMinute,
    requestsPerMinuteOf: (application) =>
      accounts.book.applications.get(application)?.limits?.requestsPerMinute ?? requestsPerMinute,
    origins: options.origins ?? [],
    proxies: options.proxies ?? [],
    ...(tlsContent ? { tls: tlsContent } : {}),
    isLocal: isLocalAddress(host),
    counters,
    tracer,
    draining,
  });
  const unwatch =
    options.installDir === undefined
      ? () => {}
      : watchPlugins(resolve(options.installDir), () => {
          core.engines
            .rescan()
            .catch((error) => logger.warn({ error: asAudioCloudError(error).toJSON() }, 'plugins not read'));
        });
  const close = async () => {
    unwatch();
    await server.close();
    uploads.close();
    await core.close();
    await core.engines.close();
    await store.close();
    unlock();
    counters.close();
    await tracer.close();
  };
  try {
    core.erasures.add(uploads.estate);
    const services: Services = { ...core, counters, draining, tracer, uploads };
    await openapiRoute(server);
    asyncapiRoute(server);
    for (const route of ROUTES) route(server, services);
    await pageRoute(server, options.webDir === undefined ? undefined : resolve(options.webDir));
    // Before the engine: a task that is to play must be known when the engine comes up.
    await core.resume();
    await uploads.start();
    const [url] = await Promise.all([server.listen({ port, host }), core.engines.start()]);
    if (options.example !== undefined)
      await playExample(core.tasks.of(MAIN_APPLICATION), { ...options, example: options.example }, logger);
    if (signingKeys.isNew && access === 'accounts')
      options.onFirstStart?.(await administratorToken(signingKeys, systemClock.now()));
    const reload = () => {
      if (tls) (server.server as unknown as TlsServer).setSecureContext(readTls(tls));
    };
    return { url, drain: () => draining.run(), reload, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The signing keys of a data folder that is held; it is let go when they cannot be read. */
function openKeys(dataDir: string, access: 'accounts' | 'open', unlock: () => void): SigningKeys {
  try {
    // What everybody may do leaves nothing behind.
    return new SigningKeys(access === 'open' ? keysInMemory() : keysInFile(dataDir));
  } catch (error) {
    unlock();
    throw error;
  }
}

/** The store of a data folder that is held; it is let go when there is none to open. */
function openStore(dataDir: string, unlock: () => void): Store {
  try {
    const file = storePath(dataDir);
    // It holds secrets of webhooks; what SQLite puts beside it has the same mode.
    closeSync(openSync(file, 'a', 0o600));
    chmodSync(file, 0o600);
    return openSqliteStore(file);
  } catch (error) {
    unlock();
    throw error;
  }
}

async function playExample(
  tasks: ApplicationTasks,
  { example, mediaDirs }: { example: string; mediaDirs: string[] },
  logger: FastifyBaseLogger,
): Promise<void> {
  const file = resolve(example);
  const id = basename(file, extname(file)).replace(/[^A-Za-z0-9_-]/g, '-');
  /** As a client would write it: from a media folder, so that it outlives a move of the installation. */
  const fromMediaFolder = (path: string) => {
    const whole = resolve(dirname(file), path);
    return (
      mediaDirs.map((folder) => relative(resolve(folder), whole)).find((way) => !/^\.\.|^[/\\]/.test(way)) ?? whole
    );
  };
  try {
    if (tasks.has(id)) return;
    const task = check(Task, JSON.parse(readFileSync(file, 'utf8')), file, 'TASK_INVALID');
    const media = Object.entries(task.media ?? {}).map(([name, { path }]) => [name, { path: fromMediaFolder(path) }]);
    await tasks.create({ ...task, media: Object.fromEntries(media) }, id);
    await (await tasks.active(id)).transport({ play: true });
  } catch (error) {
    // The domain is of use without it.
    logger.error({ error: asAudioCloudError(error).toJSON(), file }, 'the example does not play');
  }
}
