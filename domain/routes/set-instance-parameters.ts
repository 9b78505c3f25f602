import { AudioCloudError, FixedChanges, FixedInstanceId, FixedInstanceState } from '@audiocloud/api';
import { Type } from 'typebox';
import type { Engine } from '../engine/engine.ts';
import type { Route } from './route.ts';

export const setInstanceParameters: Route = (server, { engine, booking, clock, idempotency }) =>
  server.patch(
    '/v1/instances/:instance/parameters',
    {
      config: { permission: 'administration' },
      schema: {
        operationId: 'setInstanceParameters',
        summary: 'Sets parameters of a fixed instance',
        description:
          'Answered when the bytes are sent. The changes are made in order; the first that is refused ends it.',
        tags: ['instances'],
        params: Type.Object({ instance: FixedInstanceId }),
        body: FixedChanges,
        response: { 200: FixedInstanceState },
      },
    },
    async (request) => {
      const { instance } = request.params;
      booking.requireUse([instance], { application: request.principal.application }, clock.now());
      return idempotency.once(request, () => setFixed(engine, instance, request.body.changes));
    },
  );

type Changes = FixedChanges['changes'];

async function setFixed(engine: Engine, instance: string, changes: Changes): Promise<FixedInstanceState> {
  for (const change of changes) await engine.command('set-fixed', { instance, ...change });
  const state = engine.fixed.find(({ id }) => id === instance);
  if (!state) throw new AudioCloudError('FIXED_INSTANCE_UNAVAILABLE', `${instance} was taken out`, { instance });
  // The engine tells its new state a little later; what was sent is known now.
  const parameters = { ...state.parameters };
  for (const { parameter, index, value } of changes)
    parameters[parameter] = (parameters[parameter] ?? [value]).map((before, i) =>
      index === undefined || index === i ? value : before,
    );
  return { ...state, parameters };
}
