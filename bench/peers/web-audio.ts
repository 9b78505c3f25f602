import { performance } from 'node:perf_hooks';
import { BiquadFilterNode, GainNode, OfflineAudioContext, OscillatorNode } from 'node-web-audio-api';

export interface WebAudioVoice {
  frequencyHz: number;
  cutoffHz: number;
  gain: number;
}

/** Voices of sawtooth, low-pass (Q of a Butterworth filter) and gain in an OfflineAudioContext of node-web-audio-api. */
export async function renderWebAudio(
  voices: readonly WebAudioVoice[],
  lengthSeconds: number,
): Promise<{ seconds: number; samples: Float32Array }> {
  const context = new OfflineAudioContext({ numberOfChannels: 1, length: lengthSeconds * 48000, sampleRate: 48000 });
  for (const { frequencyHz, cutoffHz, gain } of voices) {
    const oscillator = new OscillatorNode(context, { type: 'sawtooth', frequency: frequencyHz });
    // Web Audio gives the Q of low-pass filters in dB
    const filter = new BiquadFilterNode(context, {
      type: 'lowpass',
      frequency: cutoffHz,
      Q: 20 * Math.log10(Math.SQRT1_2),
    });
    oscillator.connect(filter).connect(new GainNode(context, { gain })).connect(context.destination);
    oscillator.start();
  }
  const begun = performance.now();
  const rendered = await context.startRendering();
  return { seconds: (performance.now() - begun) / 1000, samples: rendered.getChannelData(0) };
}
