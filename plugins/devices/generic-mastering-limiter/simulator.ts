import { type Adapter, simulatedAdapter } from '@audiocloud/api';
import { masteringLimiter } from './device.ts';

/** The limiter without hardware. Full speed USB has frames of a millisecond. */
export const adapter: Adapter = simulatedAdapter(masteringLimiter, { delayMs: 1, jitterMs: 1 });
