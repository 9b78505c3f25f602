import { envelopeRate } from '../../dsp/envelope.as';
import { Instance } from '../../dsp/instance.as';
import { Octave } from '../../dsp/parameter.as';

const TIME: u32 = 0;

const CORRELATION: u32 = 0;
const BALANCE: u32 = 1;

const SILENT: f64 = 1e-12; // a mean square of -120 dB: below it there is nothing to compare
const TINY: f64 = 1e-30;
const MOST_DB: f64 = 60; // of the balance

/**
 * How alike left and right are, of what passes through unchanged: the correlation mean(l r) / sqrt(mean(l l) mean(r r)), +1 for
 * equal, 0 for unrelated, -1 for opposite channels; and how much louder the right one is. Means are smoothed by one pole, 63.2 % in
 * the time given. In silence, and where one channel is silent, the correlation is 0; balance is 0 in silence.
 *
 * The three means wait for the frame before: 6 multiplications and additions a frame, two of the means in one vector.
 */
@final
@unmanaged
export class Correlation extends Instance {
  means: usize; // f64[3]: l l, r r, l r
  rate: f64;

  create(): void {
    this.input(2);
    this.output(2);
    this.parameter(10, 5000, 300, Octave, 0);
  }

  activate(): void {
    this.means = this.allocate(24);
    this.report(2);
  }

  reset(): void {
    memory.fill(this.means, 0, 24);
    this.publish();
  }

  update(frames: u32): void {
    this.rate = envelopeRate(this.of(TIME).hertz * 0.001, this.sampleRate); // an Octave value: moves by equal ratios
  }

  render(from: u32, to: u32): void {
    const at = <usize>from << 2;
    const bytes = <usize>(to - from) << 2;
    const left = this.in(0) + at;
    const right = this.in(1) + at;
    let own = v128.load(this.means);
    let both = load<f64>(this.means, 16);
    const rate = this.rate;
    const rates = f64x2.splat(rate);
    for (let i: usize = 0; i < bytes; i += 4) {
      const l = <f64>load<f32>(left + i);
      const r = <f64>load<f32>(right + i);
      const x = f64x2(l, r);
      own = f64x2.add(own, f64x2.mul(rates, f64x2.sub(f64x2.mul(x, x), own)));
      both += rate * (l * r - both);
    }
    v128.store(this.means, own);
    store<f64>(this.means, both, 16);
    memory.copy(this.out(0) + at, left, bytes);
    memory.copy(this.out(1) + at, right, bytes);
  }

  finishBlock(frames: u32): void {
    for (let i: usize = 0; i < 24; i += 8) {
      const size = Math.abs(load<f64>(this.means + i));
      if (!(size >= TINY && size < Infinity)) store<f64>(this.means + i, 0);
    }
    this.publish();
  }

  tailFrames(): i32 {
    return <i32>(this.of(TIME).plain * 0.001 * this.sampleRate * 28.0); // until the means have fallen by 120 dB
  }

  private publish(): void {
    const l = load<f64>(this.means);
    const r = load<f64>(this.means, 8);
    const isSilent = l < SILENT && r < SILENT;
    const product = Math.sqrt(l) * Math.sqrt(r);
    const correlation = l < SILENT || r < SILENT ? 0.0 : load<f64>(this.means, 16) / product;
    const balance = isSilent ? 0.0 : 10.0 * Math.log10(Math.max(r, TINY) / Math.max(l, TINY));
    this.setReport(CORRELATION, <f32>Math.max(-1.0, Math.min(1.0, correlation)));
    this.setReport(BALANCE, <f32>Math.max(-MOST_DB, Math.min(MOST_DB, balance)));
  }
}
