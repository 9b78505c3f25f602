import { setTimeout as sleep } from 'node:timers/promises';
import { check, FixedInstance, FixedInstanceSet } from '@audiocloud/api';
import t from 'tap';
import { PREAMP } from '../testing/simulated-preamp.ts';
import { sharedStudioDomain } from '../testing/studio-domain.ts';

const domain = await sharedStudioDomain(t);
const path = `/v1/instances/${PREAMP}/parameters`;
const gain = (value: unknown) => ({ changes: [{ parameter: 'gainDb', value }] });

/** The preamp, as soon as it is what the test waits for; the time limit of the test ends it otherwise. */
async function preamp(fits: (state: FixedInstance) => boolean): Promise<FixedInstance> {
  for (;;) {
    const { instances } = (await domain.call('GET', '/v1/instances')).body;
    if (fits(instances[0])) return instances[0];
    await sleep(20);
  }
}

t.test('a parameter of a fixed instance is set, and its engine says so', async (t) => {
  await preamp(({ state }) => state === 'ready');
  const { status, body } = await domain.call('PATCH', path, gain(12));
  t.equal(status, 200, JSON.stringify(body));
  const state = check(FixedInstanceSet, body, 'state', 'MESSAGE_INVALID');
  t.same(state.delivered, [{ parameter: 'gainDb', index: 0, outcome: 'sent' }]);
  t.same(state.parameters['gainDb'], [12]);
  // The unit reports its level a moment after it has its gain; what comes in has -20 dB.
  const now = await preamp(
    ({ parameters, reports }) => parameters['gainDb']?.[0] === 12 && reports['levelDb']?.[0] === -8,
  );
  const read = await domain.call('GET', `/v1/instances/${PREAMP}`);
  t.same(check(FixedInstance, read.body, 'state', 'MESSAGE_INVALID'), now, 'read by itself it is the same');
});

t.test('unknown instances, parameters and values are refused', async () => {
  await domain.refused('FIXED_INSTANCE_UNKNOWN', 'PATCH', '/v1/instances/generic:line-preamp:ten/parameters', gain(1));
  await domain.refused('FIXED_INSTANCE_UNKNOWN', 'GET', '/v1/instances/generic:line-preamp:ten');
  await domain.refused('PARAMETER_UNKNOWN', 'PATCH', path, { changes: [{ parameter: 'colour', value: 1 }] });
  await domain.refused('PARAMETER_VALUE', 'PATCH', path, gain(1e6));
  await domain.refused('REQUEST_INVALID', 'PATCH', path, { changes: [] });
  await domain.refused('ID_INVALID', 'PATCH', '/v1/instances/preamp/parameters', gain(1));
});
