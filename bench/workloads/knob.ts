import type { Bench, Row, Workload } from '../row.ts';
async function run(_bench: Bench): Promise<Row[]> {
  return [];
}
export const knob: Workload = { id: 'knob', name: 'from a knob over the WebSocket to the sample', run };
