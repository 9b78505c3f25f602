import { type Adapter, simulatedAdapter } from '@audiocloud/api';
import { oscStrip } from './simulated-strip.ts';

/** OSC without hardware: a channel strip at every address that is asked for. A network takes its time. */
export const adapter: Adapter = simulatedAdapter(oscStrip, { delayMs: 1, jitterMs: 4 });
