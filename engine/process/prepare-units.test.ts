import { join } from 'node:path';
import type { RackInstance } from '@audiocloud/api';
import t from 'tap';
import { FixedRack } from '../adapter/fixed-rack.ts';
import { prepareUnits } from './prepare-units.ts';

const DEVICES = join(import.meta.dirname, '../../plugins/devices');
const PDU = 'test:outlets:pdu';
const PREAMP = 'generic:line-preamp:one';

t.test(
  'without a domain a unit is switched on through its distributor, and gets its values when it has power',
  async (t) => {
    const rack = new FixedRack();
    t.teardown(() => rack.close());
    const power = { through: PDU, parameter: 'power', index: 1, report: 'powered' };
    const instances: RackInstance[] = [
      { id: PDU, driver: join(import.meta.dirname, '../adapter/testing/outlets'), simulate: true },
      { id: PREAMP, driver: 'generic-line-preamp', simulate: true, power },
    ];
    await rack.open({ instances }, DEVICES);
    const preamp = { model: 'generic:line-preamp', fixed: PREAMP, parameters: { gainDb: 12 } };
    await prepareUnits(rack, { sampleRate: 48_000, instances: { preamp } });
    t.match(rack.states(), [
      { id: PDU, parameters: { power: [false, true, false, false] } },
      { id: PREAMP, phase: 'on', parameters: { gainDb: [12] } },
    ]);
  },
);
