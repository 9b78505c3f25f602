import { type Adapter, simulatedAdapter } from '@audiocloud/api';
import { outlets } from './simulated-outlets.ts';

/** HTTP without hardware: a power distributor at every address that is asked for. Small servers take their time. */
export const adapter: Adapter = simulatedAdapter(outlets, { delayMs: 5, jitterMs: 20 });
