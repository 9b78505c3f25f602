import type { ErrorBody, Export, ExportCreate, ExportMode, ExportOutputCreate, ExportStart } from '@audiocloud/api';
import { isoTime, waitingTries } from '../actors/waiting.ts';
import { type ExportActor, hasEnded, type Made, newExport, type Upload } from './export-job-step.ts';

/** One output, with all that was left out. */
export type ExportOutputRecord = ExportOutputCreate & { name: string };

/** How an upload ended. */
export interface UploadEnd {
  output: number;
  isDone: boolean;
  tries: number;
  error?: ErrorBody;
}

/** What the store keeps of an export: what is wanted, how far that is for good, and how it ended. */
export interface ExportRecord extends Pick<ExportCreate, 'fromSeconds' | 'toSeconds' | 'loudnessLink' | 'context'> {
  task: string;
  /** With the URLs of their uploads until they are of no more use. */
  outputs: ExportOutputRecord[];
  mode: ExportMode;
  start: ExportStart;
  keepForSeconds: number;
  createdAtMs: number;
  desired: ExportActor['desired'];
  startsAtMs?: number;
  /** It waits for an event after this number. */
  afterEvent?: number;
  /** The task was taken as it was: its graph is under exportGraphKey. Of a print in real time it is the one that is played. */
  taken?: { revision: number; startedBy?: number };
  /** When it was rendered or played first. */
  startedAtMs?: number;
  /** Its task plays because of it: also after the domain was killed. */
  isPlaying?: boolean;
  /** Its files have their place. */
  made?: Made;
  /** Outputs that are where they were to be put. */
  uploaded: number[];
  end?: {
    state: 'done' | 'failed' | 'cancelled';
    atMs: number;
    retries: number;
    uploads: UploadEnd[];
    error?: ErrorBody;
  };
  /** Its files were deleted because they were too old. */
  expiredAtMs?: number;
}

/** Of whom an export is, and its id. */
export interface OwnedExport {
  application: string;
  id: string;
}

export const EXPORTS = 'export/';
export const EXPORT_GRAPHS = 'export-graph/';
export const exportKey = ({ application, id }: OwnedExport): string => `${EXPORTS}${application}/${id}`;
export const exportGraphKey = ({ application, id }: OwnedExport): string => `${EXPORT_GRAPHS}${application}/${id}`;

/** The inverse of both. [any] */
export function ownedExportOf(key: string): OwnedExport {
  const [, application = '', id = ''] = key.split('/');
  return { application, id };
}

/** Whether there are files of it. [any] */
export const hasFiles = ({ made, end, expiredAtMs }: ExportRecord): boolean =>
  made !== undefined && expiredAtMs === undefined && (end === undefined || end.state === 'done');

export const bytesOf = ({ made }: Pick<ExportRecord, 'made'>): number =>
  (made?.files ?? []).reduce((sum, { bytes }) => sum + bytes, 0);

/** When its files are deleted. [any] */
export const expiresAtMs = ({ end, keepForSeconds }: ExportRecord): number | undefined =>
  end?.state === 'done' ? end.atMs + keepForSeconds * 1000 : undefined;

/** An export as it is taken up from the store. [any] */
export function exportActorOf(record: ExportRecord): ExportActor {
  const { desired, startsAtMs, afterEvent, taken, made, outputs, uploaded, end } = record;
  const begun = newExport({
    desired,
    startsAtMs,
    awaitsEvent: afterEvent !== undefined && taken === undefined,
    isTaken: taken !== undefined,
    made,
    uploads: outputs.flatMap(({ upload }, output) => (upload ? [{ output, isDone: uploaded.includes(output) }] : [])),
  });
  if (!end) return begun;
  const { state, retries, uploads, error = null } = end;
  return {
    ...begun,
    state,
    tries: { failures: retries, retryAtMs: null, error },
    uploads: uploads.map(
      ({ output, isDone, tries, error = null }): Upload => ({
        output,
        state: isDone ? 'done' : 'failed',
        bytes: isDone ? (made?.files[output]?.bytes ?? 0) : 0,
        tries: { failures: tries, retryAtMs: null, error },
      }),
    ),
  };
}

/** Where a file is to be put, without what is secret in it. [any] */
export function toldUrl(url: string): string {
  if (!URL.canParse(url)) return '';
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}

/** As a client is told: what is wanted, what is, what is waited for, what came of it. [any] */
export function exportOf(id: string, record: ExportRecord, actor: ExportActor): Export {
  const { task, fromSeconds, toSeconds, loudnessLink, context, mode, start, keepForSeconds, createdAtMs, end } = record;
  const { desired, state, frames, ofFrames, tries, storing, outcome } = actor;
  const isOver = hasEnded(actor);
  const troubled = !isOver && storing.error ? { ...storing, failures: tries.failures } : tries;
  const files = hasFiles(record) && outcome?.state !== 'cancelled' ? record.made!.files : [];
  const expires = expiresAtMs(record);
  const report = state === 'failed' || state === 'cancelled' ? undefined : record.made?.report;
  return {
    id,
    task,
    outputs: record.outputs.map(({ upload, ...output }, i) => {
      const told =
        upload &&
        uploadStatus(
          upload.url,
          actor.uploads.find((one) => one.output === i),
        );
      return {
        ...output,
        ...(files[i] ? { file: files[i] } : {}),
        href: `/v1/exports/${id}/outputs/${output.name}`,
        ...(told ? { upload: told } : {}),
      };
    }),
    ...(fromSeconds === undefined ? {} : { fromSeconds }),
    ...(toSeconds === undefined ? {} : { toSeconds }),
    ...(loudnessLink === undefined ? {} : { loudnessLink }),
    mode,
    start,
    desired,
    state,
    frames: end?.state === 'done' && ofFrames === undefined ? (files[0]?.frames ?? 0) : frames,
    ...(ofFrames === undefined ? {} : { ofFrames }),
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    ...waitingTries(troubled),
    ...(context === undefined ? {} : { context }),
    keepForSeconds,
    createdAt: isoTime(createdAtMs),
    ...(end ? { endedAt: isoTime(end.atMs) } : {}),
    ...(expires === undefined ? {} : { expiresAt: isoTime(expires) }),
    ...(record.expiredAtMs === undefined ? {} : { isExpired: true }),
    ...(report ? { report } : {}),
  };
}

function uploadStatus(url: string, upload: Upload | undefined) {
  const { state = 'waiting', bytes = 0, tries } = upload ?? {};
  return {
    to: toldUrl(url),
    state: state === 'sent' ? ('uploading' as const) : state,
    bytes,
    tries: tries?.failures ?? 0,
    ...(tries?.error ? { error: tries.error } : {}),
  };
}
