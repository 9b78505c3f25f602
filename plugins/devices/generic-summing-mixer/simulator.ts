import { type Adapter, simulatedAdapter } from '@audiocloud/api';
import { summingMixer } from './device.ts';

/** The mixer without hardware. */
export const adapter: Adapter = simulatedAdapter(summingMixer);
