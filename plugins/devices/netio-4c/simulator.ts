import { type Adapter, simulatedAdapter } from '@audiocloud/api';
import { distributor } from './device.ts';

/** The distributor without hardware. Small servers take their time. */
export const adapter: Adapter = simulatedAdapter(distributor, { delayMs: 5, jitterMs: 20 });
