/**
 * Random numbers, the same for the same seed: PCG XSH RR 64/32.
 * Cost: a multiplication of 64 bits, 7 other operations on whole numbers.
 * Source: M. O'Neill, "PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms", 2014.
 *
 * 0 state u64
 */
@final
@unmanaged
export class Noise {
  state: u64;

  seed(seed: u64): void {
    this.state = 0;
    this.next();
    this.state += seed;
    this.next();
  }

  /** 32 random bits. [render] */
  @inline next(): u32 {
    const old = this.state;
    this.state = old * 6364136223846793005 + 1442695040888963407;
    return rotr<u32>(<u32>(((old >> 18) ^ old) >> 27), <u32>(old >> 59));
  }

  /** White: uniform, -1 to 1; its RMS is 1 / sqrt(3), -4.77 dB. [render] */
  @inline white(): f64 {
    return <f64>(<i32>this.next()) * (1.0 / 2147483648.0);
  }
}

/**
 * White to pink noise, -3.01 dB per octave: within 0.035 dB from 15 Hz to 16 kHz at 44,100 Hz, where its poles were fitted; at
 * other rates the band moves with the rate. Cost: 15 multiplications, 13 additions.
 * Source: P. Kellet, "Filter to make pink noise from white", refined method, musicdsp.org 76.
 *
 * 0 b0 · 8 b1 · 16 b2 · 24 b3 · 32 b4 · 40 b5 · 48 b6, all f64
 */
@final
@unmanaged
export class Pink {
  b0: f64;
  b1: f64;
  b2: f64;
  b3: f64;
  b4: f64;
  b5: f64;
  b6: f64;

  /** 0.3306: the RMS is that of the white noise that comes in (a test measures it). [render] */
  @inline next(white: f64): f64 {
    this.b0 = 0.99886 * this.b0 + white * 0.0555179;
    this.b1 = 0.99332 * this.b1 + white * 0.0750759;
    this.b2 = 0.969 * this.b2 + white * 0.153852;
    this.b3 = 0.8665 * this.b3 + white * 0.3104856;
    this.b4 = 0.55 * this.b4 + white * 0.5329522;
    this.b5 = -0.7616 * this.b5 - white * 0.016898;
    const pink = this.b0 + this.b1 + this.b2 + this.b3 + this.b4 + this.b5 + this.b6 + white * 0.5362;
    this.b6 = white * 0.115926;
    return pink * 0.3306;
  }
}

/**
 * White to brown (red) noise: -6.02 dB per octave above its corner, at the RMS of the white noise that comes in.
 * y[n] = a y[n - 1] + sqrt(1 - a^2) x[n], a = exp(-2 pi corner / rate): a Wiener process that leaks. Cost: 2 multiplications, an addition.
 *
 * 0 y f64 · 8 a f64 · 16 b f64
 */
@final
@unmanaged
export class Brown {
  y: f64;
  a: f64;
  b: f64;

  /** `corner` in cycles per frame. */
  init(corner: f64): void {
    this.y = 0;
    this.a = Math.exp(-2.0 * Math.PI * corner);
    this.b = Math.sqrt(1.0 - this.a * this.a);
  }

  @inline next(white: f64): f64 {
    this.y = this.a * this.y + this.b * white;
    return this.y;
  }
}

/**
 * The difference of a frame and the one before, |H| = 2 sin(pi f / rate): +6.02 dB per octave. It makes violet noise of white and
 * blue noise of pink. Cost: a subtraction.
 *
 * 0 before f64
 */
@final
@unmanaged
export class Difference {
  before: f64;

  @inline next(x: f64): f64 {
    const y = x - this.before;
    this.before = x;
    return y;
  }
}

/** What brings differences to the RMS of what they are made of: of white noise sqrt(1/2), of pink (a test measures it) 1.66. */
export const PER_VIOLET: f64 = Math.SQRT1_2;
export const PER_BLUE: f64 = 1.66;
