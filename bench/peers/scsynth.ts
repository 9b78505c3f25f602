import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inTemporaryFolder, type Peer, planar, type Rendered, run } from './peer.ts';

export const scsynth: Peer = {
  name: 'scsynth',
  from: 'supercollider-server',
  isProcess: true,
  version: async () => /scsynth ([\d.]+)/.exec((await run('scsynth', ['-v'])).stdout)![1]!,
};

/** An input of a unit generator: a constant, or an output (default 0) of the unit with this index. */
export type Input = { constant: number } | { unit: number; output?: number };

export interface Unit {
  name: string;
  rate: 0 | 1 | 2;
  inputs: Input[];
  outputs: number;
  special?: number;
}

class Bytes {
  readonly #parts: Buffer[] = [];
  int8(value: number): this {
    return this.#add(1, (buffer) => buffer.writeInt8(value));
  }
  int16(value: number): this {
    return this.#add(2, (buffer) => buffer.writeInt16BE(value));
  }
  int32(value: number): this {
    return this.#add(4, (buffer) => buffer.writeInt32BE(value));
  }
  float(value: number): this {
    return this.#add(4, (buffer) => buffer.writeFloatBE(value));
  }
  pascal(text: string): this {
    this.#parts.push(Buffer.from([text.length]), Buffer.from(text));
    return this;
  }
  raw(bytes: Buffer): this {
    this.#parts.push(bytes);
    return this;
  }
  done(): Buffer {
    return Buffer.concat(this.#parts);
  }
  #add(size: number, write: (buffer: Buffer) => void): this {
    const buffer = Buffer.alloc(size);
    write(buffer);
    this.#parts.push(buffer);
    return this;
  }
}

/** A synth definition with named controls, in SuperCollider's file format version 2 (unit 0 is the controls). */
export function synthDef(name: string, controls: string[], units: Unit[]): Buffer {
  const constants = [
    ...new Set(units.flatMap(({ inputs }) => inputs.flatMap((input) => ('constant' in input ? [input.constant] : [])))),
  ];
  const out = new Bytes().raw(Buffer.from('SCgf')).int32(2).int16(1).pascal(name);
  out.int32(constants.length);
  for (const constant of constants) out.float(constant);
  out.int32(controls.length);
  for (const _ of controls) out.float(0);
  out.int32(controls.length);
  controls.forEach((control, i) => {
    out.pascal(control).int32(i);
  });
  out.int32(units.length + 1);
  out.pascal('Control').int8(1).int32(0).int32(controls.length).int16(0);
  for (const _ of controls) out.int8(1);
  for (const { name: unitName, rate, inputs, outputs, special = 0 } of units) {
    out.pascal(unitName).int8(rate).int32(inputs.length).int32(outputs).int16(special);
    for (const input of inputs) {
      if ('constant' in input) out.int32(-1).int32(constants.indexOf(input.constant));
      else out.int32(input.unit).int32(input.output ?? 0);
    }
    for (let i = 0; i < outputs; i++) out.int8(rate);
  }
  return out.int16(0).done();
}

function oscString(text: string): Buffer {
  return Buffer.concat([Buffer.from(text), Buffer.alloc(4 - (text.length % 4))]);
}

type Argument = number | string | Buffer | { float: number };

/** One OSC message. */
export function message(address: string, ...args: Argument[]): Buffer {
  const tags = args
    .map((arg) => (typeof arg === 'string' ? 's' : typeof arg === 'number' ? 'i' : Buffer.isBuffer(arg) ? 'b' : 'f'))
    .join('');
  const out = new Bytes().raw(oscString(address)).raw(oscString(`,${tags}`));
  for (const arg of args) {
    if (typeof arg === 'string') out.raw(oscString(arg));
    else if (typeof arg === 'number') out.int32(arg);
    else if (Buffer.isBuffer(arg))
      out
        .int32(arg.length)
        .raw(arg)
        .raw(Buffer.alloc((4 - (arg.length % 4)) % 4));
    else out.float(arg.float);
  }
  return out.done();
}

function bundle(seconds: number, messages: Buffer[]): Buffer {
  const out = new Bytes()
    .raw(oscString('#bundle'))
    .int32(Math.floor(seconds))
    .int32(((seconds % 1) * 2 ** 32) | 0);
  for (const content of messages) out.int32(content.length).raw(content);
  const body = out.done();
  return new Bytes().int32(body.length).raw(body).done();
}

/**
 * Renders with scsynth in non-real-time mode, 48 kHz, in blocks of 128. The time is that of the whole process: take the
 * difference of two lengths to be rid of its start.
 */
export function renderScsynth(begin: Buffer[], lengthSeconds: number, channels = 1): Promise<Rendered> {
  return inTemporaryFolder(async (folder) => {
    const score = join(folder, 'score.osc');
    const out = join(folder, 'out.wav');
    writeFileSync(score, Buffer.concat([bundle(0, begin), bundle(lengthSeconds, [message('/c_set', 0, 0)])]));
    const files = ['-N', score, '_', out, '48000', 'WAV', 'float'];
    const sizes = ['-o', String(channels), '-i', '0', '-z', '128', '-m', '65536', '-n', '4096', '-w', '4096'];
    const begun = performance.now();
    await run('scsynth', [...files, ...sizes], { env: { ...process.env, SC_JACK_DEFAULT_INPUTS: '' } });
    const seconds = (performance.now() - begun) / 1000;
    const wav = readFileSync(out);
    return { seconds, channels: planar(wav.subarray(wav.indexOf('data', 12, 'latin1') + 8), channels) };
  });
}
