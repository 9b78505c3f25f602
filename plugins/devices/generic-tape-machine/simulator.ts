import { type Adapter, simulatedAdapter } from '@audiocloud/api';
import { tapeMachine } from './device.ts';

/** The tape machine without hardware. Its remote looks at its lines every few milliseconds. */
export const adapter: Adapter = simulatedAdapter(tapeMachine, { delayMs: 2, jitterMs: 6 });
