import { Validator } from '@seriousme/openapi-schema-validator';
import { ERRORS } from '@audiocloud/api';
import t from 'tap';
import { ROUTES } from '../routes/index.ts';
import { sharedTestDomain } from '../testing/test-domain.ts';

interface Operation {
  path: string;
  method: string;
  operationId: string;
  responses: Record<string, unknown>;
  security?: unknown[];
  parameters?: { in: string; name: string }[];
}
const domain = await sharedTestDomain(t);
// biome-ignore lint/suspicious/noExplicitAny: its form is what is tested
let document: any;
let operations: Operation[];

t.test('the document is served', async (t) => {
  const { status, body } = await domain.call('GET', '/openapi.json');
  t.equal(status, 200);
  document = body;
  operations = Object.entries(document.paths as Record<string, Record<string, Operation>>).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, path, method })),
  );
});

t.test('the document is OpenAPI 3.1 by its public schema', async (t) => {
  t.equal(document.openapi, '3.1.0');
  const { valid, errors } = await new Validator().validate(document);
  t.ok(valid, JSON.stringify(errors)?.slice(0, 2000));
  const broken = await new Validator().validate({ ...document, paths: { '/x': { get: { responses: 7 } } } });
  t.notOk(broken.valid, 'the validator finds faults');
});

t.test('every route is an operation with an id of its own, and with error answers', async (t) => {
  t.ok(operations.length >= ROUTES.length, 'a route has one or more');
  t.equal(new Set(operations.map(({ operationId }) => operationId)).size, operations.length);
  for (const { operationId, responses } of operations)
    t.ok(operationId && responses['4XX'] && responses['5XX'], `${operationId}: ${Object.keys(responses)}`);
});

t.test('who is not known is refused everywhere but where everybody may ask', async (t) => {
  const isOpen = ({ responses, security }: Operation) => !('401' in responses) && security?.length === 0;
  t.same(
    operations.filter(isOpen).map(({ operationId }) => operationId),
    ['readHealth', 'readReadiness', 'uploadOptions'],
  );
  for (const operation of operations.filter((one) => !isOpen(one)))
    t.same([operation.security, '401' in operation.responses, '403' in operation.responses], [undefined, true, true]);
  t.same(document.security, [{ bearer: [] }, { session: [] }]);
});

t.test('parameters of a path are declared', async (t) => {
  for (const { path, operationId, parameters = [] } of operations)
    t.same(
      parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name),
      [...path.matchAll(/\{(.+?)\}/g)].map(([, name]) => name),
      operationId,
    );
});

t.test('schemas stand once, and every reference leads to one', async (t) => {
  const references = new Set([...JSON.stringify(document).matchAll(/"\$ref":"(.+?)"/g)].map(([, to]) => to!));
  for (const name of ['Task', 'TaskDocument', 'TaskState', 'Model', 'GraphEdit'])
    t.ok(references.has(`#/components/schemas/${name}`), name);
  for (const reference of references) {
    const [, , kind, name] = reference.split('/');
    t.ok(document.components[kind!]?.[name!], reference);
  }
  t.ok(JSON.stringify(document).includes(Object.keys(ERRORS)[0]!), 'error codes are listed');
});
