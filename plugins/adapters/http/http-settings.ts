import { AudioCloudError, type Setting } from '@audiocloud/api';

/** What the settings of the manifest say. Secrets are `password` and `token`: no message may hold them. */
export interface HttpSettings {
  tls: boolean;
  certificateSha256: string | undefined;
  basePath: string;
  authentication: 'none' | 'basic' | 'digest' | 'bearer' | 'header';
  user: string;
  password: string;
  token: string;
  header: string;
  timeoutMs: number;
  maxAnswerBytes: number;
}

const NEEDED = {
  none: [],
  basic: ['user', 'password'],
  digest: ['user', 'password'],
  bearer: ['token'],
  header: ['header', 'token'],
} as const;

/** Settings with what is usual filled in. [any] Throws DRIVER_INVALID for an authentication that lacks a setting, by name. */
export function httpSettings(given: Record<string, Setting>): HttpSettings {
  const settings = {
    tls: false,
    certificateSha256: undefined,
    basePath: '',
    authentication: 'none',
    user: '',
    password: '',
    token: '',
    header: '',
    timeoutMs: 1500,
    maxAnswerBytes: 65_536,
    ...given,
  } as HttpSettings;
  const missing = NEEDED[settings.authentication].filter((name) => given[name] === undefined);
  if (missing.length)
    throw new AudioCloudError(
      'DRIVER_INVALID',
      `Cannot use the authentication ${settings.authentication}: it needs ${missing.join(' and ')}; add to the settings in the rack`,
    );
  return settings;
}
