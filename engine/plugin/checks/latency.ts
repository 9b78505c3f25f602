import { CHECK_RATE_HZ, type CheckRun } from '../check-context.ts';
import { failed, passed, skipped, warning } from '../check-outcome.ts';

/** How much of the response must lie in one frame to call it an impulse. */
const CONCENTRATED = 0.9;

/** An impulse comes out as late as the model says, where the neutral model passes impulses. */
export const latency: CheckRun = (context) => {
  const probe = context.probe();
  const { latencyFrames } = probe;
  if (probe.inputChannels === 0 || probe.outputChannels === 0)
    return skipped(`needs an audio input and an output; the latency given is ${latencyFrames} frames`);
  const impulse = new Float32Array(latencyFrames + CHECK_RATE_HZ / 2);
  impulse[0] = 0.5;
  const inputs = Array.from({ length: probe.inputChannels }, () => impulse);
  const output = probe.render(inputs).outputs[0]!;
  const energy = output.reduce((sum, sample) => sum + sample * sample, 0);
  let peak = 0;
  for (let frame = 1; frame < output.length; frame++)
    if (Math.abs(output[frame]!) > Math.abs(output[peak]!)) peak = frame;
  if (energy < 1e-12 || output[peak]! ** 2 < CONCENTRATED * energy)
    return skipped(`an impulse does not come out as one; the latency given is ${latencyFrames} frames`);
  if (peak === latencyFrames) return passed(`${latencyFrames} frames`);
  const text = `an impulse comes out after ${peak} frames, the latency given is ${latencyFrames}`;
  return context.model.category === 'delay' ? warning(text) : failed(text);
};
