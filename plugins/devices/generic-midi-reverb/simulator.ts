import { type Adapter, simulatedAdapter } from '@audiocloud/api';
import { midiReverb } from './device.ts';

/** The reverb without hardware. A dump takes 5 ms on a MIDI cable. */
export const adapter: Adapter = simulatedAdapter(midiReverb, { delayMs: 5, jitterMs: 10 });
