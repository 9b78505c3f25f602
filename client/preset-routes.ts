import type { Preset, PresetCreate, PresetDocument } from '@audiocloud/api';
import { allPages } from './all-pages.ts';
import { type HttpCall, ifMatch } from './http-call.ts';

const pathOf = (id: string) => `/v1/presets/${encodeURIComponent(id)}`;

/** The calls on presets. A `revision` makes a call fail with REVISION_CONFLICT when somebody else was faster. */
export function presetRoutes(call: HttpCall) {
  return {
    /** @param model those for instances of this model; default: all */
    list: (model?: string): Promise<PresetDocument[]> => {
      const query = model === undefined ? '' : `?model=${encodeURIComponent(model)}`;
      return allPages(call, `/v1/presets${query}`, 'presets');
    },
    get: (id: string): Promise<PresetDocument> => call('GET', pathOf(id)),
    create: (create: PresetCreate): Promise<PresetDocument> => call('POST', '/v1/presets', create),
    replace: (id: string, preset: Preset, revision?: number): Promise<PresetDocument> =>
      call('PUT', pathOf(id), preset, ifMatch(revision)),
    delete: (id: string, revision?: number): Promise<void> => call('DELETE', pathOf(id), undefined, ifMatch(revision)),
  };
}
