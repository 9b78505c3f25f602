import { join } from 'node:path';
import t from 'tap';
import { FixedRack } from '../engine/adapter/fixed-rack.ts';
import { untilState } from '../engine/adapter/testing/until-state.ts';

const DEVICES = join(import.meta.dirname, '../plugins/devices');
const EFFECT = 'generic:cc-effect:one';

t.test('without a MIDI system the instance is faulty and says what is needed', async (t) => {
  const { JACK_DEFAULT_SERVER: server } = process.env;
  process.env['JACK_DEFAULT_SERVER'] = 'audiocloud-no-such-server';
  const rack = new FixedRack();
  t.teardown(async () => {
    await rack.close();
    if (server === undefined) delete process.env['JACK_DEFAULT_SERVER'];
    else process.env['JACK_DEFAULT_SERVER'] = server;
  });
  await rack.open({ instances: [{ id: EFFECT, driver: 'generic-cc-effect' }] }, DEVICES);
  // A machine with a sequencer has no such device; one without cannot even look.
  const state = await untilState(rack, EFFECT, ({ error }) => error !== undefined);
  if (state.state === 'faulty')
    t.match(state.error, { code: 'ADAPTER_FAILED', message: /MIDI system of this machine/ });
  else t.match(state.error, { code: 'FIXED_INSTANCE_UNAVAILABLE', message: /no midi port fits/ });
  t.equal(rack.processes()[0]!.starts, 1, 'the adapter process lives');
});
