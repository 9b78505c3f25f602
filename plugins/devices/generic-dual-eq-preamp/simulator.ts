import { type Adapter, simulatedAdapter } from '@audiocloud/api';
import { dualPreamp } from './device.ts';

/** The preamp without hardware. */
export const adapter: Adapter = simulatedAdapter(dualPreamp);
