import type { LiveRequest } from '@audiocloud/api';
import type { RoutePermission } from '../permissions/permission.ts';
import { toneTask } from './test-domain.ts';

/** One route: what it wants, and a body that it accepts, so that only the ids of the path decide. */
export interface RouteRow {
  wants: RoutePermission;
  body?: unknown;
  /** Headers that it has to have. */
  headers?: Record<string, string>;
}

const set = { changes: [{ instance: 'gain', parameter: 'gain', value: 0 }] };
const midi = { messages: [{ instance: 'gain', bytes: [0x90, 60, 1] }] };
const preset = { name: 'Soft', content: { model: 'audiocloud:gain', parameters: { gain: -1 } } };
const application = { name: 'Another' };

/** Every route, in the order of domain/routes/index.ts. To add one is one line. */
export const ROUTE_MATRIX: Record<string, RouteRow> = {
  'GET /health': { wants: 'public' },
  'GET /v1/health': { wants: 'public' },
  'GET /v1/ready': { wants: 'public' },
  'GET /metrics': { wants: 'administration' },
  'GET /v1/tasks': { wants: 'read' },
  'POST /v1/tasks': { wants: 'structure', body: { id: 'a b', task: toneTask } },
  'GET /v1/tasks/:id': { wants: 'read' },
  'GET /v1/tasks/:id/saved': { wants: 'read' },
  'PUT /v1/tasks/:id': { wants: 'structure', body: toneTask },
  'DELETE /v1/tasks/:id': { wants: 'structure' },
  'POST /v1/tasks/:id/edits': { wants: 'structure', body: { edits: [{ op: 'loop', loop: null }] } },
  'GET /v1/tasks/:id/graph/:part': { wants: 'read' },
  'GET /v1/tasks/:id/graph/:part/:name': { wants: 'read' },
  'PUT /v1/tasks/:id/graph/:part/:name': { wants: 'structure', body: { model: 'audiocloud:tone' } },
  'PATCH /v1/tasks/:id/graph/:part/:name': { wants: 'structure', body: { bypass: true } },
  'DELETE /v1/tasks/:id/graph/:part/:name': { wants: 'structure' },
  'GET /v1/tasks/:id/transport': { wants: 'read' },
  'PATCH /v1/tasks/:id/transport': { wants: 'transport', body: { play: false } },
  'GET /v1/tasks/:id/parameters': { wants: 'read' },
  'PATCH /v1/tasks/:id/parameters': { wants: 'parameters', body: set },
  'POST /v1/tasks/:id/midi': { wants: 'parameters', body: midi },
  'POST /v1/tasks/:id/recall': { wants: 'parameters', body: { preset: 'none' } },
  'POST /v1/tasks/:id/move': { wants: 'administration', body: { engine: 'none' } },
  'GET /v1/tasks/:id/events': { wants: 'read' },
  'GET /v1/tasks/:id/live': { wants: 'read' },
  'GET /v1/presets': { wants: 'read' },
  'POST /v1/presets': { wants: 'structure', body: { id: 'a b', preset } },
  'GET /v1/presets/:preset': { wants: 'read' },
  'PUT /v1/presets/:preset': { wants: 'structure', body: preset },
  'DELETE /v1/presets/:preset': { wants: 'structure' },
  'GET /v1/media': { wants: 'read' },
  'POST /v1/media': { wants: 'media', body: { from: { path: 'none.wav' } } },
  'GET /v1/media/:media': { wants: 'read' },
  'GET /v1/erasures': { wants: 'administration' },
  'GET /v1/erasures/:erasure': { wants: 'administration' },
  'GET /v1/erasures/:erasure/items': { wants: 'administration' },
  'PATCH /v1/media/:media': { wants: 'media', body: { name: 'x' } },
  'GET /v1/media/:media/content': { wants: 'media' },
  'GET /v1/media/:media/peaks': { wants: 'read' },
  'DELETE /v1/media/:media': { wants: 'media' },
  'GET /v1/media-jobs': { wants: 'read' },
  'GET /v1/media-jobs/:job': { wants: 'read' },
  'DELETE /v1/media-jobs/:job': { wants: 'media' },
  'OPTIONS /v1/uploads': { wants: 'public' },
  'POST /v1/uploads': { wants: 'media' },
  'GET /v1/uploads/:upload': { wants: 'media' },
  'HEAD /v1/uploads/:upload': { wants: 'media' },
  'PATCH /v1/uploads/:upload': { wants: 'media' },
  'DELETE /v1/uploads/:upload': { wants: 'media' },
  'GET /v1/exports': { wants: 'read' },
  'POST /v1/exports': { wants: 'audio', body: { task: 'none', outputs: [{ format: 'wav' }] } },
  'GET /v1/exports/:export': { wants: 'read' },
  'DELETE /v1/exports/:export': { wants: 'audio' },
  'GET /v1/exports/:export/outputs/:output': { wants: 'audio' },
  'GET /v1/models': { wants: 'read' },
  'GET /v1/models/:model': { wants: 'read' },
  'POST /v1/plugins/rescan': { wants: 'administration' },
  'GET /v1/engines': { wants: 'read' },
  'POST /v1/engines': { wants: 'administration', body: { id: 'a b' } },
  'GET /v1/engines/:engine': { wants: 'read' },
  'PATCH /v1/engines/:engine': { wants: 'administration', body: { weight: -1 } },
  'DELETE /v1/engines/:engine': { wants: 'administration' },
  'GET /v1/engines/:engine/counters': { wants: 'read' },
  'GET /v1/instances': { wants: 'read' },
  'GET /v1/instances/:instance': { wants: 'read' },
  'PATCH /v1/instances/:instance/parameters': {
    wants: 'administration',
    body: { changes: [{ parameter: 'gain', value: 0 }] },
  },
  'GET /v1/reservations': { wants: 'read' },
  'POST /v1/reservations': { wants: 'structure', body: { to: 'never' } },
  'GET /v1/reservations/:reservation': { wants: 'read' },
  'PATCH /v1/reservations/:reservation': { wants: 'structure', body: { to: '2999-01-01T00:00:00Z' } },
  'DELETE /v1/reservations/:reservation': { wants: 'structure' },
  'POST /v1/reservations/:reservation/accept': { wants: 'structure', body: {} },
  'GET /v1/availability': { wants: 'read' },
  'GET /v1/maintenance': { wants: 'read' },
  'POST /v1/maintenance': { wants: 'administration', body: { to: 'never' } },
  'DELETE /v1/maintenance/:maintenance': { wants: 'administration' },
  'GET /v1/reservation-rights/:application': { wants: 'administration' },
  'PUT /v1/reservation-rights/:application': { wants: 'administration', body: { needed: 'no' } },
  'GET /v1/events': { wants: 'administration' },
  'GET /v1/events/live': { wants: 'administration' },
  'POST /v1/webhooks': { wants: 'administration', body: { url: 'ftp://no' } },
  'GET /v1/webhooks': { wants: 'administration' },
  'GET /v1/webhooks/:webhook': { wants: 'administration' },
  'DELETE /v1/webhooks/:webhook': { wants: 'administration' },
  'POST /v1/session': { wants: 'known' },
  'GET /v1/session': { wants: 'known' },
  'DELETE /v1/session': { wants: 'known' },
  'POST /v1/tokens': { wants: 'known', body: {} },
  'DELETE /v1/tokens/:token': { wants: 'administration' },
  'GET /v1/keys': { wants: 'administration' },
  'POST /v1/keys': { wants: 'administration', body: { permissions: [] } },
  'GET /v1/keys/:key': { wants: 'administration' },
  'POST /v1/keys/:key/rotate': { wants: 'administration', body: {} },
  'DELETE /v1/keys/:key': { wants: 'administration' },
  'GET /v1/applications': { wants: 'administration' },
  'POST /v1/applications': { wants: 'administration', body: { id: 'a b', ...application } },
  'GET /v1/applications/:application': { wants: 'administration' },
  'PUT /v1/applications/:application': { wants: 'administration', body: application },
  'DELETE /v1/applications/:application': { wants: 'administration' },
  'POST /v1/signing-key/rotate': { wants: 'administration', body: { overlapSeconds: -1 } },
  'GET /v1/audit': { wants: 'administration' },
  'GET /openapi.json': { wants: 'public' },
  'GET /asyncapi.json': { wants: 'public' },
  'GET /': { wants: 'public' },
  'OPTIONS *': { wants: 'public' },
};

/** Ids of the right form for the parameters of paths, of nothing that is there. */
export const UNKNOWN_IDS: Record<string, string> = {
  id: 'none',
  preset: 'none',
  model: 'nobody:none',
  engine: 'none',
  part: 'instances',
  name: 'tone',
  reservation: 'reservation-000000000000',
  maintenance: 'maintenance-000000000000',
  instance: 'nobody:none:1',
  media: 'media-000000000000',
  erasure: 'erasure-000000000000',
  job: 'media-job-000000000000',
  upload: 'upload-000000000000',
  export: 'export-000000000000',
  output: 'main',
  webhook: 'webhook-000000000000',
  token: 'token-000000000000000000000000',
  key: 'key-000000000000',
  application: 'none',
};

type Ask = LiveRequest extends infer R ? (R extends LiveRequest ? Omit<R, 'id'> : never) : never;

/** One live message: what it wants, beside `read` for the socket. */
export interface MessageRow {
  wants: RoutePermission[];
  ask: Ask;
}

const media = { op: 'remove', part: 'media', name: 'none' } as const;

/** Every message of api/live.ts by its type; a second line for one type has a space and a word behind it. */
export const MESSAGE_MATRIX: Record<string, MessageRow> = {
  set: { wants: ['parameters'], ask: { type: 'set', ...set } },
  midi: { wants: ['parameters'], ask: { type: 'midi', messages: [{ instance: 'none', bytes: [0x90, 60, 1] }] } },
  transport: { wants: ['transport'], ask: { type: 'transport', change: { play: false } } },
  edit: { wants: ['structure'], ask: { type: 'edit', edits: [{ op: 'remove', part: 'buses', name: 'none' }] } },
  'edit media': { wants: ['structure', 'media'], ask: { type: 'edit', edits: [media] } },
  listen: { wants: ['audio'], ask: { type: 'listen', format: 's16' } },
  heard: { wants: ['audio'], ask: { type: 'heard', packets: 1, lost: 0, late: 0, bufferMs: 20 } },
  unlisten: { wants: ['audio'], ask: { type: 'unlisten' } },
  push: { wants: ['media'], ask: { type: 'push', track: 'none' } },
  unpush: { wants: ['media'], ask: { type: 'unpush' } },
  peer: { wants: ['audio'], ask: { type: 'peer', offer: 'v=0' } },
  unpeer: { wants: ['audio'], ask: { type: 'unpeer' } },
  record: { wants: ['structure'], ask: { type: 'record', on: false } },
  recall: { wants: ['parameters'], ask: { type: 'recall', preset: 'none' } },
  meters: { wants: ['read'], ask: { type: 'meters', on: true } },
  counters: { wants: ['read'], ask: { type: 'counters', on: false } },
  resume: { wants: ['read'], ask: { type: 'resume', sequence: 0 } },
  present: { wants: ['read'], ask: { type: 'present', name: 'Somebody' } },
  touch: { wants: ['parameters'], ask: { type: 'touch', instance: 'gain', parameter: 'gain', seconds: 0 } },
  ping: { wants: ['read'], ask: { type: 'ping' } },
};
