import { check, type ErrorCode } from '@audiocloud/api';
import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';

/** Bodies that have an error code of their own; parameters of a path are ids. */
const CODES: { [title: string]: ErrorCode } = { Task: 'TASK_INVALID', TaskCreate: 'TASK_INVALID' };

function codeFor(schema: { title?: string }, part: string | undefined): ErrorCode {
  return part === 'params' ? 'ID_INVALID' : (CODES[schema.title ?? ''] ?? 'REQUEST_INVALID');
}

/** Compares what came with its schema. [control] */
export const validator: FastifySchemaCompiler<TSchema> =
  ({ schema, httpPart }) =>
  (value) => {
    try {
      return { value: check(schema, value, `the ${httpPart ?? 'request'}`, codeFor(schema, httpPart)) };
    } catch (error) {
      return { error: error as Error };
    }
  };

/** As `validator`, where the route itself looks at the body: it knows from the path what it has to be. */
export const validatorWithoutBody: FastifySchemaCompiler<TSchema> = (route) =>
  route.httpPart === 'body' ? (value) => ({ value }) : validator(route);
