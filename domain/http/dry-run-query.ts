import { AudioCloudError } from '@audiocloud/api';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';

/** The query of a change that can be tried. */
export const DryRunQuery = Type.Object({
  dryRun: Type.Optional(
    Type.Unsafe<'true' | 'false'>(
      Type.String({
        enum: ['true', 'false'],
        description:
          'true: answers exactly what the call without it would, admission by the engine included, and changes nothing',
      }),
    ),
  ),
});

/** Refuses a dry run of what knows none: it would be carried out. Throws REQUEST_INVALID. */
export function refuseUnknownDryRun({ query, routeOptions }: FastifyRequest): void {
  const key = Object.keys((query as object | undefined) ?? {}).find((name) => name.toLowerCase() === 'dryrun');
  if (key === undefined) return;
  const { properties = {} } = (routeOptions.schema?.querystring ?? {}) as { properties?: object };
  if (key in properties) return;
  throw new AudioCloudError('REQUEST_INVALID', `Cannot try this: this call has no '${key}'; nothing was done`);
}
