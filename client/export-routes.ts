import { AudioCloudError, type ErrorBody, type Export, type ExportCreate, type ExportState } from '@audiocloud/api';
import { allPages } from './all-pages.ts';
import type { HttpCall } from './http-call.ts';

export interface ExportFilter {
  state?: ExportState;
  task?: string;
}

/** Opens a path of the domain as it is, with the token of the client. */
export type OpenPath = (path: string, headers: Record<string, string>) => Promise<Response>;

/** A file that is asked for. */
export interface ExportDownload {
  /** Bytes that are there already, of the file that `etag` names; default 0. */
  from?: number;
  etag?: string;
}

const LOOK_MS = 200;
const ENDS: readonly ExportState[] = ['done', 'failed', 'cancelled'];
const pathOf = (id: string) => `/v1/exports/${encodeURIComponent(id)}`;

/** The calls on exports: files that are made of tasks. */
export function exportRoutes(call: HttpCall, open: OpenPath) {
  const get = (id: string): Promise<Export> => call('GET', pathOf(id));
  return {
    list: (filter: ExportFilter = {}): Promise<Export[]> => {
      const query = new URLSearchParams({ ...filter }).toString();
      return allPages(call, query === '' ? '/v1/exports' : `/v1/exports?${query}`, 'exports');
    },
    get,
    /** Answered when the export is durable; `ended` waits for it. */
    create: (create: ExportCreate): Promise<Export> => call('POST', '/v1/exports', create),
    /** Calls it off; one that has ended is deleted with its files. */
    delete: (id: string): Promise<Export> => call('DELETE', pathOf(id)),
    /** Waits until it is done, failed or cancelled. onLook: called with the export as it is meanwhile. */
    async ended(id: string, onLook: (one: Export) => void = () => undefined): Promise<Export> {
      for (;;) {
        const now = await get(id);
        if (ENDS.includes(now.state)) return now;
        onLook(now);
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
    },
    /**
     * A file of an export; while it is rendered, what there is of it as it grows. A rest (status 206) only where `etag` names the very
     * same bytes, else all of it. Throws EXPORT_NOT_READY, EXPORT_EXPIRED, EXPORT_UNKNOWN.
     */
    async download(id: string, output: string, { from = 0, etag }: ExportDownload = {}): Promise<Response> {
      const rest = from > 0 && etag !== undefined ? { range: `bytes=${from}-`, 'if-range': etag } : {};
      const path = `${pathOf(id)}/outputs/${encodeURIComponent(output)}`;
      const response = await open(path, rest as Record<string, string>);
      if (response.ok) return response;
      const body = (await response.json().catch(() => undefined)) as ErrorBody | undefined;
      if (body?.code) throw AudioCloudError.from(body);
      throw new AudioCloudError('INTERNAL', `Cannot read ${path}: HTTP ${response.status}`);
    },
  };
}
