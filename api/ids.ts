import { Type } from 'typebox';
import { AudioCloudError } from './errors.ts';

/** Names inside one task: tracks, buses, instances, connections, sinks, media, ports, parameters, reports. */
export const NAME_PATTERN = '^[A-Za-z][A-Za-z0-9_-]{0,63}$';
export const APPLICATION_PATTERN = '^[a-z0-9][a-z0-9-]{0,31}$';
const PART = '[a-z0-9][a-z0-9-]{0,62}';
const VERSION = '[0-9]{1,5}\\.[0-9]{1,5}\\.[0-9]{1,5}';

export const Name = Type.String({
  pattern: NAME_PATTERN,
  maxLength: 64,
  description: 'A name, unique among its siblings',
});
export const TaskId = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$',
  maxLength: 64,
  description: 'Id of a task, unique within its application',
});
export const ApplicationId = Type.String({
  pattern: APPLICATION_PATTERN,
  maxLength: 32,
  description: 'Id of an application: a tenant, which sees its own tasks and presets only',
});
/** The domain makes it of the application and the id of a task; an engine knows tasks by nothing else. */
export const EngineTask = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$',
  maxLength: 128,
  description: 'Name of a task on its engine',
});
export const EngineJobId = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$',
  description: 'Id of a render or an inspection, chosen by the domain',
});
export const ModelId = Type.String({
  pattern: `^${PART}:${PART}(@${VERSION})?$`,
  maxLength: 145,
  description: 'Id of a model, `maker:name` or `maker:name@1.2.3`',
});
export const FixedInstanceId = Type.String({
  pattern: `^${PART}:${PART}:${PART}$`,
  maxLength: 191,
  description: 'Id of a fixed instance, `maker:name:unit`',
});

export const WebhookId = Type.String({
  pattern: '^webhook-[0-9a-f]{12}$',
  maxLength: 20,
  description: 'Id of a webhook',
});
export const MediaId = Type.String({
  pattern: '^media-[0-9a-f]{12}$',
  maxLength: 18,
  description: 'Id of imported media',
});
export const MediaJobId = Type.String({
  pattern: '^media-job-[0-9a-f]{12}$',
  maxLength: 22,
  description: 'Id of an import',
});
export const UploadId = Type.String({
  pattern: '^upload-[0-9a-f]{12}$',
  maxLength: 19,
  description: 'Id of an upload; the import that takes it has the same digits',
});
export const ErasureId = Type.String({
  pattern: '^erasure-[0-9a-f]{12}$',
  maxLength: 20,
  description: 'Id of the deletion of an application',
});
export const ExportId = Type.String({
  pattern: '^export-[0-9a-f]{12}$',
  maxLength: 19,
  description: 'Id of an export',
});
export const EngineId = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]{0,31}$',
  maxLength: 32,
  description: 'Id of an engine of the domain',
});

export interface ParsedId {
  maker: string;
  name: string;
  unit?: string;
  version?: string;
}

const MODEL = new RegExp(`^(${PART}):(${PART})(?:@(${VERSION}))?$`);
const FIXED = new RegExp(`^(${PART}):(${PART}):(${PART})$`);

/** Splits a model id or a fixed instance id. Throws ID_INVALID. [any] */
export function parseId(id: string): ParsedId {
  const model = MODEL.exec(id);
  if (model) return { maker: model[1]!, name: model[2]!, ...(model[3] ? { version: model[3] } : {}) };
  const fixed = FIXED.exec(id);
  if (fixed) return { maker: fixed[1]!, name: fixed[2]!, unit: fixed[3]! };
  throw new AudioCloudError(
    'ID_INVALID',
    `Cannot read the id '${id}': wanted maker:name, maker:name@1.2.3 or maker:name:unit in small letters, digits and hyphens`,
  );
}

/** The inverse of parseId. [any] */
export function formatId({ maker, name, unit, version }: ParsedId): string {
  return `${maker}:${name}${unit ? `:${unit}` : ''}${version ? `@${version}` : ''}`;
}

/** The id of a model without its version. [any] */
export const modelWithoutVersion = (model: string): string => model.split('@')[0]!;
