import { type Adapter, simulatedAdapter } from '@audiocloud/api';
import { levelBox } from './simulated-box.ts';

/** USB HID without hardware: a level box on every port that is asked for. Full speed USB has frames of a millisecond. */
export const adapter: Adapter = simulatedAdapter(levelBox, { delayMs: 1, jitterMs: 1 });
