// The blocks for time and spectrum for their test: not part of any plugin.
import { clean } from './clean.as';
import { Convolver, CONVOLVER_BYTES } from './convolver.as';
import { DELAY_RING_BYTES, DelayRing, ringFrames } from './delay-ring.as';
import { FFT_BYTES, fftBytes, RealFft, spectrumBytes } from './fft.as';
import { LANES_BYTES, Lanes, STATES } from './lanes.as';
import { Lfo, LFO_BYTES } from './lfo.as';
import { Brown, Difference, Noise, PER_BLUE, PER_VIOLET, Pink } from './noise.as';
import { onePole, onePoleGain } from './one-pole.as';
import { Oversampler, OVERSAMPLER_BYTES, OVERSAMPLER_STATES, oversamplerBytes, PIECE_FRAMES } from './oversampler.as';
import { tableBytes, tableCubic, tableLinear } from './table.as';
import { tanhOf } from './tanh.as';
import { fillInner, innerBytes, outerBytes, passesOf, productIm, productRe, RightAngle } from './right-angle.as';
import { pulseWave } from './wave.as';
import { blackmanHarrisWindow, hannWindow } from './window.as';

export { blackmanHarrisWindow, hannWindow, ringFrames, spectrumBytes };

export function take(bytes: usize): usize {
  const at = heap.alloc(bytes);
  memory.fill(at, 0, bytes);
  return at;
}

export function cleanOf(x: f32): f32 {
  return clean<f32>(x);
}

/** Of four lanes the third. */
export function cleanLane(x: f32): f32 {
  return f32x4.extract_lane(clean<v128>(f32x4(1, 2, x, 4)), 2);
}

export function tanh(x: f32): f32 {
  return tanhOf<f32>(x);
}

export function tanhLane(x: f32): f32 {
  return f32x4.extract_lane(tanhOf<v128>(f32x4(1, 2, x, 4)), 2);
}

export function fft(size: u32): usize {
  const at = take(FFT_BYTES + fftBytes(size));
  changetype<RealFft>(at).init(at + FFT_BYTES, size);
  return at;
}

export function forward(at: usize, frames: usize, spectrum: usize): void {
  changetype<RealFft>(at).forward(frames, spectrum);
}

export function inverse(at: usize, spectrum: usize, frames: usize): void {
  changetype<RealFft>(at).inverse(spectrum, frames);
}

/** The second half of what `frames` f32[2 size] become by a response f32[size], passes done `piece` groups at a time. */
export function rightAngle(size: u32, piece: u32, response: usize, frames: usize, output: usize): void {
  const inner = take(innerBytes(size));
  fillInner(inner, size);
  const transform = changetype<RightAngle>(take(offsetof<RightAngle>()));
  transform.init(take(outerBytes(size)), inner, size);
  const bytes = <usize>size << 2;
  const work = take(2 * bytes);
  const a = take(2 * bytes);
  const b = take(2 * bytes);
  for (let pass: u32 = 0; pass < passesOf(size); pass++) {
    for (let g: u32 = 0; g < transform.groups; g += piece) {
      transform.forward(pass, g, min(g + piece, transform.groups), frames, frames + bytes, work, a, 128);
    }
  }
  for (let pass: u32 = 0; pass < passesOf(size); pass++) transform.forward(pass, 0, transform.groups, response, take(bytes), work, b, 128);
  for (let n: usize = 0; n < 2 * bytes; n += 32) {
    v128.store(work + n, productRe(v128.load(a + n), v128.load(a + n, 16), v128.load(b + n), v128.load(b + n, 16)));
    v128.store(work + n, productIm(v128.load(a + n), v128.load(a + n, 16), v128.load(b + n), v128.load(b + n, 16)), 16);
  }
  for (let pass: u32 = 0; pass < passesOf(size); pass++) {
    for (let g: u32 = 0; g < transform.groups; g += piece) {
      transform.inverse(pass, g, min(g + piece, transform.groups), work, output);
    }
  }
}

@unmanaged
class Heap {
  allocate(bytes: usize): usize {
    return take(bytes);
  }
}

@unmanaged
class Frames {
  at: usize;

  read(first: u32, frames: u32, to: usize): void {
    memory.copy(to, this.at + (<usize>first << 2), <usize>frames << 2);
  }
}

/** `routes` u32[2][2] and `found` f32[responses][length] lie in memory. */
export function convolver(inputs: u32, outputs: u32, routes: usize, responses: u32, length: u32, found: usize): usize {
  const convolver = changetype<Convolver>(take(CONVOLVER_BYTES));
  for (let o: u32 = 0; o < 2; o++) for (let i: u32 = 0; i < 2; i++) convolver.connect(o, i, load<u32>(routes + (<usize>(2 * o + i) << 2)));
  convolver.plan(inputs, outputs, responses, length);
  convolver.place<Heap>(changetype<Heap>(0));
  const frames = changetype<Frames>(take(offsetof<Frames>()));
  for (let r: u32 = 0; r < responses; r++) {
    frames.at = found + (<usize>r * <usize>length << 2);
    convolver.load<Frames>(r, frames);
  }
  convolver.reset();
  return changetype<usize>(convolver);
}

export function convolverReset(at: usize): void {
  changetype<Convolver>(at).reset();
}

/** Inputs f32[inputs][total], outputs f32[outputs][total]; frames `from` to before `to`. */
export function convolve(at: usize, input: usize, output: usize, total: u32, from: u32, to: u32): void {
  const first = <usize>from << 2;
  const bytes = <usize>total << 2;
  changetype<Convolver>(at).process(input + first, input + bytes + first, output + first, output + bytes + first, to - from);
}

/** Kind 0 whole, 1 linear, 2 cubic, 3 all-pass. */
export function delayed(kind: i32, delay: f64, longest: u32, input: usize, output: usize, frames: u32): void {
  const at = take(DELAY_RING_BYTES);
  const ring = changetype<DelayRing>(at);
  const length = ringFrames(longest);
  ring.init(take(<usize>length << 2), length);
  const state = take(4);
  for (let n: u32 = 0; n < frames; n++) {
    const offset = <usize>n << 2;
    ring.write(load<f32>(input + offset));
    let y: f32 = 0;
    if (kind == 0) y = ring.whole(<u32>delay);
    else if (kind == 1) y = ring.linear(delay);
    else if (kind == 2) y = ring.cubic(delay);
    else y = ring.allPass(delay, state);
    store<f32>(output + offset, y);
  }
}

export function lowPassed(cutoff: f64, input: usize, output: usize, frames: u32): void {
  const state = take(4);
  const gain = onePoleGain(cutoff);
  for (let n: u32 = 0; n < frames; n++) {
    const offset = <usize>n << 2;
    store<f32>(output + offset, onePole(load<f32>(input + offset), gain, state));
  }
}

/** Up and down again in pieces; at the top the power `power` of each value is taken. @returns latency */
export function oversampled(stages: u32, power: i32, piece: u32, input: usize, output: usize, frames: u32): u32 {
  const at = take(OVERSAMPLER_BYTES + oversamplerBytes());
  const oversampler = changetype<Oversampler>(at);
  oversampler.init(at + OVERSAMPLER_BYTES, stages);
  const lanes = changetype<Lanes>(take(LANES_BYTES));
  lanes.place(STATES, 0, take(<usize>OVERSAMPLER_STATES << 2));
  for (let n: u32 = 0; n < frames; ) {
    const part = min(min(piece, PIECE_FRAMES), frames - n);
    oversampler.take<f32>(lanes);
    memory.copy(oversampler.input<f32>(), input + (<usize>n << 2), <usize>part << 2);
    oversampler.raise<f32>(part);
    const top = oversampler.top<f32>();
    for (let i: usize = 0; i < <usize>(part << stages) << 2; i += 4) {
      const x = load<f32>(top + i);
      store<f32>(top + i, power == 1 ? x : x * x * x);
    }
    oversampler.lower<f32>(part, output + (<usize>n << 2));
    oversampler.advance<f32>(part);
    oversampler.give<f32>(lanes);
    n += part;
  }
  return oversampler.latencyFrames;
}

let table: usize = 0;

/** sin(x) by a table of one cycle in 64 steps; x 0 to 64. */
export function sineByTable(isCubic: bool, x: f32): f32 {
  if (!table) {
    table = take(tableBytes(64)) + 16;
    for (let n = -1; n <= 65; n++) store<f32>(table + <usize>(n << 2), <f32>Math.sin((2.0 * Math.PI * <f64>n) / 64.0));
  }
  return isCubic ? tableCubic(table, x) : tableLinear(table, x);
}

export function lfoAt(cyclesPerFrame: f64, frames: u32, offset: f64): f64 {
  const lfo = changetype<Lfo>(take(LFO_BYTES));
  lfo.aim(cyclesPerFrame);
  for (let n: u32 = 0; n < frames; n++) lfo.next();
  return lfo.at(offset);
}

/** Kind 0 white, 1 brown, 2 violet, 3 blue, 4 pink. */
export function noise(kind: i32, corner: f64, seed: u32, output: usize, frames: u32): void {
  const noise = changetype<Noise>(take(offsetof<Noise>()));
  const brown = changetype<Brown>(take(offsetof<Brown>()));
  const pink = changetype<Pink>(take(offsetof<Pink>()));
  const difference = changetype<Difference>(take(offsetof<Difference>()));
  noise.seed(seed);
  brown.init(corner);
  for (let n: u32 = 0; n < frames; n++) {
    let x = noise.white();
    if (kind == 1) x = brown.next(x);
    else if (kind == 2) x = PER_VIOLET * difference.next(x);
    else if (kind == 3) x = PER_BLUE * difference.next(pink.next(x));
    else if (kind == 4) x = pink.next(x);
    store<f32>(output + (<usize>n << 2), <f32>x);
  }
}

/** At a phase of 2^32 steps a cycle, `step` cycles per frame. */
export function pulseOf(phase: u32, step: f64, width: u32): f32 {
  return f32x4.extract_lane(pulseWave(i32x4(0, 1, phase, 3), f32x4.splat(<f32>(1.0 / (4294967296.0 * step))), width), 2);
}
