import { type Adapter, simulatedAdapter } from '@audiocloud/api';
import { linePreamp } from './device.ts';

/** The preamp without hardware. A line takes 13 ms at 9600 baud. */
export const adapter: Adapter = simulatedAdapter(linePreamp, { delayMs: 13, jitterMs: 5 });
