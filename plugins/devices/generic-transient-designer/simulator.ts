import { type Adapter, simulatedAdapter } from '@audiocloud/api';
import { transientDesigner } from './device.ts';

/** The transient designer without hardware. */
export const adapter: Adapter = simulatedAdapter(transientDesigner);
