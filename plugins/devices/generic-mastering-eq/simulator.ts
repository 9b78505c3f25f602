import { type Adapter, simulatedAdapter } from '@audiocloud/api';
import { masteringEq } from './device.ts';

/** The equalizer without hardware. A network takes its time. */
export const adapter: Adapter = simulatedAdapter(masteringEq, { delayMs: 1, jitterMs: 4 });
