import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { sharedTestDomain, toneTask } from '../testing/test-domain.ts';
import { writeSine } from '../testing/write-sine.ts';

const domain = await sharedTestDomain(t, 'keyed', 'gone');
const preset = { name: 'P', content: { model: 'audiocloud:gain', parameters: { gain: -4 } } };
const changes = [{ instance: 'gain', parameter: 'gain', value: -5 }];
const edits = [{ op: 'put', part: 'instances', name: 'more', value: { model: 'audiocloud:synth' } }];

const url = 'https://nobody.invalid/';

/** Ids of what is there now. */
const present = async () => ({
  presets: (await domain.call('GET', '/v1/presets')).body.presets.map(({ id }: { id: string }) => id) as string[],
  webhooks: (await domain.call('GET', '/v1/webhooks')).body.webhooks.map(({ id }: { id: string }) => id) as string[],
});
let before: Awaited<ReturnType<typeof present>>;

t.test('there is what can be changed', async (t) => {
  before = await present();
  for (const id of ['there', 'dropped'])
    t.equal((await domain.call('POST', '/v1/presets', { id, preset })).status, 201, id);
  const { status, body } = await domain.call('POST', '/v1/webhooks', { url, types: ['task.failed'] });
  t.equal(status, 201);
  requests['deleteWebhook']!.path += body.id;
  const key = await domain.call('POST', '/v1/keys', { permissions: ['read'] });
  requests['revokeKey']!.path += key.body.id;
  t.equal((await domain.call('POST', '/v1/applications', { id: 'over', name: 'Over' })).status, 201);
  await writeSine(join(domain.mediaDir, 'keyed.wav'), 0.1);
  let job = (await domain.call('POST', '/v1/media', { from: { path: 'keyed.wav' } })).body;
  requests['cancelMediaJob']!.path += job.id;
  for (const operation of ['changeMedia', 'deleteMedia']) requests[operation]!.path += job.media;
  for (; job.state !== 'done'; await sleep(5)) job = (await domain.call('GET', `/v1/media-jobs/${job.id}`)).body;
});

/** A request for every operation that changes something, and one that is another. */
const requests: { [operation: string]: { path: string; body?: unknown; other?: unknown; refused?: true } } = {
  createTask: { path: '/v1/tasks', body: { task: toneTask }, other: { id: 'x', task: toneTask } },
  replaceTask: { path: '/v1/tasks/keyed', body: toneTask, other: { ...toneTask, name: 'Other' } },
  editTask: { path: '/v1/tasks/keyed/edits', body: { edits }, other: { edits: [{ op: 'loop', loop: null }] } },
  putPart: { path: '/v1/tasks/keyed/graph/buses/mix', body: { inputChannels: 2 }, other: { inputChannels: 1 } },
  patchPart: { path: '/v1/tasks/keyed/graph/instances/gain', body: { name: 'G' }, other: { name: 'H' } },
  deletePart: { path: '/v1/tasks/keyed/graph/buses/mix' },
  changeTransport: { path: '/v1/tasks/keyed/transport', body: { positionSeconds: 2 }, other: { positionSeconds: 3 } },
  setParameters: {
    path: '/v1/tasks/keyed/parameters',
    body: { changes },
    other: { changes: [...changes, ...changes] },
  },
  playMidi: {
    path: '/v1/tasks/keyed/midi',
    body: { messages: [{ instance: 'more', bytes: [0x90, 60, 100] }] },
    other: { messages: [{ instance: 'more', bytes: [0x80, 60, 0] }] },
  },
  recallPreset: {
    path: '/v1/tasks/keyed/recall',
    body: { preset: 'there', instance: 'gain' },
    other: { preset: 'there', instance: 'gain', seconds: 1 },
  },
  deleteTask: { path: '/v1/tasks/gone' },
  createPreset: { path: '/v1/presets', body: { preset }, other: { id: 'y', preset } },
  replacePreset: { path: '/v1/presets/there', body: preset, other: { ...preset, name: 'Other' } },
  deletePreset: { path: '/v1/presets/dropped' },
  // There is the embedded engine alone; with others: domain/engine/engines.test.ts.
  moveTask: { path: '/v1/tasks/keyed/move', body: {}, refused: true },
  registerEngine: { path: '/v1/engines', body: { id: 'embedded' }, refused: true },
  changeEngine: { path: '/v1/engines/embedded', body: { desired: 'wanted' }, other: { desired: 'cordoned' } },
  removeEngine: { path: '/v1/engines/embedded', refused: true },
  rescanPlugins: { path: '/v1/plugins/rescan' },
  createWebhook: { path: '/v1/webhooks', body: { url }, other: { url, context: 1 } },
  deleteWebhook: { path: '/v1/webhooks/' },
  // What is taken goes on after its answer: media.test.ts imports with a key.
  createMedia: { path: '/v1/media', body: { from: { path: '/etc/passwd' } }, refused: true },
  changeMedia: { path: '/v1/media/', body: { name: 'Keyed' }, other: { name: 'Other' } },
  deleteMedia: { path: '/v1/media/' },
  // Without a version of tus; media/upload/*.test.ts upload.
  createUpload: { path: '/v1/uploads', refused: true },
  deleteUpload: { path: '/v1/uploads/upload-000000000000', refused: true },
  // It has ended, and stays as it is.
  cancelMediaJob: { path: '/v1/media-jobs/' },
  // What is made goes on after its answer: exports.test.ts exports with a key.
  createExport: { path: '/v1/exports', body: { task: 'none', outputs: [{ format: 'wav' }] }, refused: true },
  deleteExport: { path: '/v1/exports/export-000000000000', refused: true },
  // There is no device: what is refused has no receipt.
  createReservation: {
    path: '/v1/reservations',
    body: { to: '2100-02-30T00:00:00Z', instances: { preamp: { fixed: 'maker:none:1' } } },
    refused: true,
  },
  changeReservation: { path: '/v1/reservations/reservation-000000000000', body: { task: null }, refused: true },
  acceptReservation: { path: '/v1/reservations/reservation-000000000000/accept', body: {}, refused: true },
  cancelReservation: { path: '/v1/reservations/reservation-000000000000', refused: true },
  createMaintenance: {
    path: '/v1/maintenance',
    body: { unit: 'maker:none:1', to: '2100-01-01T00:00:00Z', reason: 'none' },
    refused: true,
  },
  deleteMaintenance: { path: '/v1/maintenance/maintenance-000000000000', refused: true },
  replaceReservationRights: { path: '/v1/reservation-rights/none', body: {}, other: { mostAtOnce: 1 } },
  closeSession: { path: '/v1/session' },
  endToken: { path: '/v1/tokens/token-000000000000000000000000' },
  revokeKey: { path: '/v1/keys/' },
  createApplication: { path: '/v1/applications', body: { name: 'Made' }, other: { name: 'Other' } },
  changeApplication: { path: '/v1/applications/main', body: { name: 'Main' }, other: { name: 'Other' } },
  deleteApplication: { path: '/v1/applications/over' },
  rotateSigningKey: { path: '/v1/signing-key/rotate', body: {}, other: { overlapSeconds: 1 } },
  setInstanceParameters: {
    path: '/v1/instances/maker:none:1/parameters',
    body: { changes: [{ parameter: 'x', value: 1 }] },
    refused: true,
  },
};

const { paths } = (await domain.call('GET', '/openapi.json')).body;
const CHANGES = ['post', 'put', 'patch', 'delete'];
/** Their answers hold a secret, which must not be kept; what is sent of an upload has its offset. */
const NO_KEY = ['createKey', 'createToken', 'openSession', 'rotateKey', 'appendUpload'];
interface Operation {
  operationId: string;
  parameters?: { in: string; name: string }[];
}
const operations = Object.values(paths as Record<string, Record<string, Operation>>)
  .flatMap((methods) => Object.entries(methods))
  .filter(([method, { operationId }]) => CHANGES.includes(method) && !NO_KEY.includes(operationId));

t.test('every operation that changes something takes a key, and has an example here', async (t) => {
  t.same(operations.map(([, { operationId }]) => operationId).sort(), Object.keys(requests).sort());
  for (const [, { operationId, parameters = [] }] of operations)
    t.ok(
      parameters.some((parameter) => parameter.in === 'header' && parameter.name === 'idempotency-key'),
      operationId,
    );
});

for (const [method, { operationId }] of operations) {
  t.test(`${operationId} with a key has one effect and one answer`, async (t) => {
    const { path, body, other, refused } = requests[operationId]!;
    const ask = (sent: unknown, key = `key-${operationId}`) =>
      domain.call(method.toUpperCase(), path, sent, { 'idempotency-key': key });
    const newest = async () => (await domain.call('GET', '/v1/events?limit=1')).body.newest;
    const [first, same] = await Promise.all([ask(body), ask(body)]);
    for (const answer of [first, same]) delete answer.body?.requestId; // of a refusal: each request has its own
    t.same({ status: same.status, body: same.body }, { status: first.status, body: first.body }, 'at once');
    t.equal(first.status >= 400, refused === true, `status ${first.status}`);
    const before = await newest();
    const again = await ask(body);
    delete again.body?.requestId;
    t.same({ status: again.status, body: again.body }, { status: first.status, body: first.body }, 'afterwards');
    for (const header of ['etag', 'location']) t.equal(again.headers.get(header), first.headers.get(header), header);
    t.equal(await newest(), before, 'nothing happened');
    if (other !== undefined) t.match((await ask(other)).body, { code: 'IDEMPOTENCY_KEY_USED' });
  });
}

t.test('revisions rise once, and a key that is none is refused', async (t) => {
  t.equal((await domain.call('GET', '/v1/tasks/keyed')).body.revision, 6);
  for (const key of ['', 'x'.repeat(256)])
    t.match(
      await domain.call('DELETE', '/v1/tasks/keyed', undefined, { 'idempotency-key': key }),
      { status: 400, body: { code: 'REQUEST_INVALID' } },
      `${key.length} letters`,
    );
});

t.test('what was made here is taken away', async (t) => {
  const { presets, webhooks } = await present();
  const gone = [
    ...presets.filter((id) => !before.presets.includes(id)).map((id) => `/v1/presets/${id}`),
    ...webhooks.filter((id) => !before.webhooks.includes(id)).map((id) => `/v1/webhooks/${id}`),
  ];
  for (const path of gone) t.equal((await domain.call('DELETE', path)).status, 204, path);
});
