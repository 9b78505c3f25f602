import { type Adapter, simulatedAdapter } from '@audiocloud/api';
import { ccEffect } from './device.ts';

/** The effect without hardware. Three bytes take a millisecond on a MIDI cable. */
export const adapter: Adapter = simulatedAdapter(ccEffect, { delayMs: 1, jitterMs: 2 });
