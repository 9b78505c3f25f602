import { type Adapter, simulatedAdapter } from '@audiocloud/api';
import { tubeCompressor } from './device.ts';

/** The compressor without hardware. Full speed USB has frames of a millisecond. */
export const adapter: Adapter = simulatedAdapter(tubeCompressor, { delayMs: 1, jitterMs: 1 });
