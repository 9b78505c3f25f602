import {
  AudioCloudError,
  check,
  type GraphEdit,
  GraphPart,
  GraphPartKind,
  GraphPartList,
  GraphPartPatch,
  GraphPartValue,
  Name,
  TASK_PARTS,
  type Task,
  type TaskDocument,
  type TaskPart,
} from '@audiocloud/api';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Cause } from '../events/cause.ts';
import { DryRunQuery } from '../http/dry-run-query.ts';
import { mergePatch } from '../http/merge-patch.ts';
import { PageQuery, sendPage, sortedPageOf } from '../http/paging.ts';
import { mustBeAbsent, sendRevision, wantedRevision } from '../http/revision-tag.ts';
import { validatorWithoutBody } from '../http/validator.ts';
import { requirePermission } from '../permissions/gate.ts';
import type { ExpectedPart } from '../tasks/expected-revision.ts';
import { partRevision } from '../tasks/part-revisions.ts';
import type { TaskRecord } from '../tasks/task-record.ts';
import type { Route, Services } from './route.ts';
import { TaskPath } from './task-path.ts';

const KindPath = Type.Object({ ...TaskPath.properties, part: GraphPartKind });
const PartPath = Type.Object({ ...KindPath.properties, name: Name });
type PartPath = Type.Static<typeof PartPath>;

const IfMatch = {
  'if-match': Type.Optional(
    Type.String({ maxLength: 64, description: 'ETag that the part must still have; otherwise REVISION_CONFLICT' }),
  ),
};
const IfNoneMatch = {
  'if-none-match': Type.Optional(
    Type.String({
      maxLength: 64,
      description: '*: only if there is no part of that name; otherwise REVISION_CONFLICT',
    }),
  ),
};

const RULE =
  'The revision (and ETag) of a part is that of the graph when the part was put last. It does not rise when other parts ' +
  'change, nor with values that are set live: those are the last one who sets them.';

/** Tracks, buses, instances, connections, sinks, media, links, lanes, notes: each readable and changeable on its own. */
export const taskParts: Route = (server, services) => {
  const { tasks } = services;
  const path = '/v1/tasks/:id/graph/:part/:name';
  const of = (method: string, summary: string) => ({
    operationId: `${method}Part`,
    summary,
    description: RULE,
    tags: ['tasks'],
    params: PartPath,
  });

  server.get(
    '/v1/tasks/:id/graph/:part',
    {
      config: { permission: 'read' },
      schema: {
        operationId: 'listParts',
        summary: 'The parts of one kind of a task, by name, in pages',
        description: RULE,
        tags: ['tasks'],
        params: KindPath,
        querystring: PageQuery,
        response: { 200: GraphPartList },
      },
    },
    async (request, reply) => {
      const { id, part } = request.params;
      const { record } = await tasks.of(request.principal.application).asked(id);
      const names = Object.keys(record.graph[part] ?? {});
      const { items, ...rest } = sortedPageOf(names, (name) => name, request.query);
      const page = { items: items.map((name) => partOf(record, { id, part, name })), ...rest };
      return sendPage({ request, reply }, 'parts', page);
    },
  );

  server.get(
    path,
    { config: { permission: 'read' }, schema: { ...of('read', 'One part of a task'), response: { 200: GraphPart } } },
    async ({ params, principal }, reply) => {
      const found = partOf((await tasks.of(principal.application).asked(params.id)).record, params);
      sendRevision(reply, found.revision);
      return found;
    },
  );

  server.put(
    path,
    {
      config: { permission: 'structure' },
      validatorCompiler: validatorWithoutBody,
      schema: {
        ...of('put', 'Adds or replaces one part of a task'),
        headers: Type.Object({ ...IfMatch, ...IfNoneMatch }),
        querystring: DryRunQuery,
        body: GraphPartValue,
        response: { 200: GraphPart },
      },
    },
    async (request, reply) => {
      const { params, body, headers } = request;
      const value = partValue(params, body);
      const revision = mustBeAbsent(headers['if-none-match']) ? 'none' : wantedRevision(headers['if-match']);
      const put = await change(services, request, revision, () => value);
      sendRevision(reply, put.revision);
      return put;
    },
  );

  server.patch(
    path,
    {
      config: { permission: 'structure' },
      schema: {
        ...of('patch', 'Changes members of one part of a task (RFC 7396)'),
        consumes: ['application/merge-patch+json', 'application/json'],
        headers: Type.Object(IfMatch),
        querystring: DryRunQuery,
        body: GraphPartPatch,
        response: { 200: GraphPart },
      },
    },
    async (request, reply) => {
      const { params, body, headers } = request;
      const patched = await change(services, request, wantedRevision(headers['if-match']), (graph) =>
        partValue(params, mergePatch(existing(graph, params), body)),
      );
      sendRevision(reply, patched.revision);
      return patched;
    },
  );

  server.delete(
    path,
    {
      config: { permission: 'structure' },
      schema: {
        ...of('delete', 'Removes one part of a task; with a node go its connections'),
        headers: Type.Object(IfMatch),
        querystring: DryRunQuery,
        response: { 204: Type.Null({ description: 'Removed' }) },
      },
    },
    async (request, reply) => {
      await change(services, request, wantedRevision(request.headers['if-match']), undefined);
      return reply.status(204).send(null);
    },
  );
};

type Asked = FastifyRequest & { params: PartPath; query: Type.Static<typeof DryRunQuery> };

/** Puts what `makeValue` makes of the graph as it is then, or removes the part; tries it where a dry run is asked for. */
function change<F extends ((graph: Task) => unknown) | undefined>(
  { tasks, idempotency }: Services,
  request: Asked,
  revision: ExpectedPart['revision'],
  makeValue: F,
): Promise<F extends undefined ? null : GraphPart> {
  const { params, query, principal } = request;
  const { id, part, name } = params;
  if (part === 'media') requirePermission(principal, 'media', id);
  const ours = tasks.of(principal.application);
  const expected = { part, name, revision };
  const edits = (graph: Task): GraphEdit[] => {
    if (makeValue) return [{ op: 'put', part, name, value: makeValue(graph) } as GraphEdit];
    existing(graph, params);
    return [{ op: 'remove', part, name }];
  };
  type Answer = F extends undefined ? null : GraphPart;
  const answer = ({ revision, task }: TaskDocument): Answer =>
    (makeValue ? { part, name, revision, value: task[part]![name]! } : null) as Answer;
  if (query.dryRun === 'true') return ours.tryEdit(id, edits, expected).then(answer);
  return idempotency.once(request, async (cause) => {
    const receipt: Cause['receipt'] = (document) => cause.receipt(answer(document as TaskDocument));
    return answer(await (await ours.active(id)).edit(edits, expected, { ...cause, receipt }));
  });
}

function partOf(record: Readonly<TaskRecord>, path: PartPath): GraphPart {
  const { part, name } = path;
  return { part, name, revision: partRevision(record.parts, part, name), value: existing(record.graph, path) };
}

/** Throws PART_UNKNOWN. */
function existing(graph: Task, { id, part, name }: PartPath): GraphPartValue {
  const parts: Readonly<Record<string, GraphPartValue>> = graph[part] ?? {};
  if (Object.hasOwn(parts, name)) return parts[name]!;
  throw new AudioCloudError('PART_UNKNOWN', `Cannot find ${part}/${name}: task ${id} has none of that name`, {
    task: id,
    part,
    name,
  });
}

/** The value as its kind wants it. Throws TASK_INVALID. */
function partValue({ part, name }: { part: TaskPart; name: string }, value: unknown): GraphPartValue {
  return check(TASK_PARTS[part], value, `${part}/${name}`, 'TASK_INVALID') as GraphPartValue;
}
