/**
 * Coefficients of the two filters in a row of ITU-R BS.1770-4, Annex 1, for any rate: a shelf for the head (b0, b1, b2, a1, a2)
 * and the high-pass RLB (1, -2, 1, a1, a2).
 *
 * The recommendation gives numbers for 48 kHz alone; these are the analogue prototypes behind them, turned digital at the rate
 * asked for. At 48 kHz they are its numbers to 14 digits. Source: J. Mansbridge, S. Finn, J. D. Reiss, Implementation and
 * evaluation of autonomous multi-track fader control (AES 132, 2012), as in libebur128. [any]
 */
export function kWeighting(sampleRate: number): { shelf: Float64Array; highPass: Float64Array } {
  const shelf = new Float64Array(5);
  {
    const k = Math.tan((Math.PI * 1681.974450955533) / sampleRate);
    const q = 0.7071752369554196;
    const high = 10 ** (3.999843853973347 / 20);
    const band = high ** 0.4996667741545416;
    const a0 = 1 + k / q + k * k;
    shelf[0] = (high + (band * k) / q + k * k) / a0;
    shelf[1] = (2 * (k * k - high)) / a0;
    shelf[2] = (high - (band * k) / q + k * k) / a0;
    shelf[3] = (2 * (k * k - 1)) / a0;
    shelf[4] = (1 - k / q + k * k) / a0;
  }
  const k = Math.tan((Math.PI * 38.13547087602444) / sampleRate);
  const q = 0.5003270373238773;
  const a0 = 1 + k / q + k * k;
  return { shelf, highPass: Float64Array.of(1, -2, 1, (2 * (k * k - 1)) / a0, (1 - k / q + k * k) / a0) };
}

/**
 * How much each channel counts, in the order of WAV: nothing for the low-frequency one, 1.41 for what stands 60 to 120 degrees
 * to the side (BS.1770-4, tables 3 and 4), else 1. Numbers of channels without an order: 1 for each. [any]
 */
export function channelWeights(channels: number): number[] {
  const side = 1.41;
  const known: Record<number, number[]> = {
    4: [1, 1, side, side],
    5: [1, 1, 1, side, side],
    6: [1, 1, 1, 0, side, side],
    7: [1, 1, 1, 0, 1, side, side],
    8: [1, 1, 1, 0, 1, 1, side, side],
  };
  return known[channels] ?? new Array<number>(channels).fill(1);
}
