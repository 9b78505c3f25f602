import { join } from 'node:path';
import { AudioCloudError } from '@audiocloud/api';
import {
  bookingSettingsOf,
  type DomainConfig,
  type DomainOptions,
  exportOptionsOf,
  importSettingsOf,
  librarySettingsOf,
} from '@audiocloud/domain';
import { pluginsIn } from '../packages/plugins-in.ts';
import { exampleFolder, stockPluginFolder, webFolder } from '../stock-folders.ts';

/** What the engine takes by its environment; the names are those of the settings. */
const ENGINE_VARIABLES = {
  device: 'AUDIOCLOUD_DEVICE',
  sampleRate: 'AUDIOCLOUD_SAMPLE_RATE',
  blockFrames: 'AUDIOCLOUD_BLOCK_FRAMES',
  renderThreads: 'AUDIOCLOUD_RENDER_THREADS',
  bufferBlocks: 'AUDIOCLOUD_BUFFER_BLOCKS',
  admitLoad: 'AUDIOCLOUD_ADMIT_LOAD',
  wedgedMs: 'AUDIOCLOUD_WEDGED_MS',
  scheduling: 'AUDIOCLOUD_SCHEDULING',
  cache: 'AUDIOCLOUD_CACHE',
} as const satisfies Partial<Record<keyof DomainConfig, string>>;

/** The folders of a domain, as the configuration and this installation have them. */
export function foldersOf({ data = 'data', media = [], plugins = [], example }: DomainConfig) {
  return {
    dataDir: data,
    installDir: pluginsIn(data),
    mediaDirs: [join(data, 'media'), ...media, ...(example ? [join(exampleFolder(), 'media')] : [])],
    pluginDirs: [stockPluginFolder(), ...plugins, pluginsIn(data)],
  };
}

/** A configuration as the options of a domain. */
export function domainOptions(config: DomainConfig): DomainOptions {
  const { host, port = 7700, log, drain, tracing, requestsPerMinute, privateWebhooks, example, reservations } = config;
  const { access, tls, plainHttp, origins, proxies } = config;
  const environment = Object.entries(ENGINE_VARIABLES).flatMap(([key, variable]) => {
    const value = config[key as keyof typeof ENGINE_VARIABLES];
    return value === undefined ? [] : [[variable, String(value)]];
  });
  return {
    ...foldersOf(config),
    port,
    ...(host === undefined ? {} : { host }),
    ...(requestsPerMinute === undefined ? {} : { requestsPerMinute }),
    ...(access === undefined ? {} : { access }),
    ...tlsOption(tls),
    allowsPlainHttp: plainHttp ?? false,
    origins: origins ?? [],
    proxies: proxies ?? [],
    ...(log?.level === undefined ? {} : { logLevel: log.level }),
    allowsPrivateWebhooks: privateWebhooks ?? false,
    booking: bookingSettingsOf(reservations),
    library: librarySettingsOf(config.library),
    drain: { delaySeconds: drain?.delaySeconds ?? 0, limitSeconds: drain?.limitSeconds ?? 10 },
    ...(tracing?.endpoint === undefined ? {} : { tracing: { ...tracing, endpoint: tracing.endpoint } }),
    webDir: webFolder(),
    ...(example ? { example: join(exampleFolder(), 'tasks', 'example.json') } : {}),
    engineEnvironment: Object.fromEntries(environment),
    engines: config.engines ?? [],
    imports: importSettingsOf(config.imports),
    ...(config.mediaJobs === undefined ? {} : { mediaJobs: config.mediaJobs }),
    ...(config.webrtc === undefined ? {} : { webrtc: config.webrtc }),
    ...(config.exports === undefined ? {} : exportOptionsOf(config.exports)),
    ...(config.engineLossSeconds === undefined ? {} : { engineLossSeconds: config.engineLossSeconds }),
  };
}

/** Throws CONFIG_INVALID for one without the other. */
function tlsOption({ cert, key }: NonNullable<DomainConfig['tls']> = {}): Pick<DomainOptions, 'tls'> {
  if (cert !== undefined && key !== undefined) return { tls: { cert, key } };
  if (cert === undefined && key === undefined) return {};
  throw new AudioCloudError('CONFIG_INVALID', 'Cannot use TLS: give both, `tls.cert` and `tls.key`');
}
