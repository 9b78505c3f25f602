/** The coefficients of ITU-R BS.1770-4, annex 1, tables 1 and 2: the K weighting at 48,000 Hz as printed. */
const SHELF = {
  b: [1.53512485958697, -2.69169618940638, 1.19839281085285],
  a: [1, -1.69065929318241, 0.73248077421585],
};
const HIGH_PASS = { b: [1, -2, 1], a: [1, -1.99004745483398, 0.99007225036621] };

const OFFSET = -0.691; // BS.1770-4, eq. 2

/** |c[0] + c[1] z^-1 + c[2] z^-2|^2 on the unit circle. */
function power([c0, c1, c2]: number[], angle: number): number {
  const re = c0! + c1! * Math.cos(angle) + c2! * Math.cos(2 * angle);
  const im = c1! * Math.sin(angle) + c2! * Math.sin(2 * angle);
  return re * re + im * im;
}

/** Gain in dB of the K weighting as printed. */
export function weightingDb(hertz: number): number {
  const angle = (2 * Math.PI * hertz) / 48000;
  const stage = ({ b, a }: { b: number[]; a: number[] }) => power(b, angle) / power(a, angle);
  return 10 * Math.log10(stage(SHELF) * stage(HIGH_PASS));
}

/** LUFS of a sine in one channel of weight 1, `levelDb` is its peak. */
export function loudnessOfSine(hertz: number, levelDb: number): number {
  return OFFSET + levelDb + 10 * Math.log10(0.5) + weightingDb(hertz);
}

const lufs = (power: number) => OFFSET + 10 * Math.log10(power);
const powerOf = (loudness: number) => 10 ** ((loudness - OFFSET) / 10);
const mean = (numbers: number[]) => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;

/** The integrated loudness of a programme given as the loudness of each 100 ms: BS.1770-4, annex 1, eq. 4 to 7. */
export function integratedOf(loudnesses: readonly number[]): number {
  const powers = loudnesses.map(powerOf);
  const blocks = powers.slice(3).map((_, i) => mean(powers.slice(i, i + 4)));
  const loud = blocks.filter((block) => lufs(block) > -70);
  const gate = lufs(mean(loud)) - 10;
  return lufs(mean(loud.filter((block) => lufs(block) > gate)));
}
