import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AudioCloudError } from '@audiocloud/api';
import t from 'tap';
import { assemble, watPlugin } from '../plugin/fixtures/wat-plugin.ts';
import { seededRandom } from '../plugin/seeded-random.ts';
import { randomModule } from './fixtures/random-module.ts';
import { rewriteModule } from './rewrite.ts';
import { checkModule, MODULE_RULES } from './rules.ts';

const MODULES = 250;
const FOREIGN_MODULES = 4;
const MUTATIONS = 10_000;
const AMPLE_FUEL = 0x7fffffff;

type Exports = Record<string, (...values: (number | bigint)[]) => unknown> & Record<string, unknown>;

function instantiate(bytes: Uint8Array, imports: WebAssembly.Imports = {}): Exports {
  return new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource), imports).exports as Exports;
}

/** What a call gives: its values as text (so that NaN equals NaN and -0 is not 0), or the kind of its trap. */
function outcome(exports: Exports, name: string, values: (number | bigint)[]): string {
  try {
    const result = exports[name]!(...values);
    return [result]
      .flat()
      .map((each) => (Object.is(each, -0) ? '-0' : String(each)))
      .join(' ');
  } catch (error) {
    return error instanceof RangeError
      ? 'too deep'
      : error instanceof TypeError
        ? 'v128 in its type'
        : (error as Error).message;
  }
}

function globalText(global: WebAssembly.Global): string {
  try {
    return String(global.value);
  } catch {
    return 'a v128, which JavaScript cannot see';
  }
}

/** Calls every export with values that follow from the seed; returns all that can be seen: results, globals, memory. */
function trace(exports: Exports, seed: number): string[] {
  const random = seededRandom(seed);
  const lines: string[] = [];
  const names = Object.keys(exports).filter((name) => typeof exports[name] === 'function' && !name.startsWith('ac_'));
  for (let round = 0; round < 2; round++)
    for (const name of names) {
      const numbers = Array.from({ length: 3 }, () => Math.floor(random() * 1000));
      exports['ac_refuel']?.(AMPLE_FUEL);
      // types are not visible from outside: a function that wants an i64 refuses a number with a TypeError
      for (const values of [
        numbers,
        numbers.map(BigInt),
        [numbers[0]!, BigInt(numbers[1]!), numbers[2]!],
        [BigInt(numbers[0]!), numbers[1]!, numbers[2]!],
      ])
        lines.push(`${name}: ${outcome(exports, name, values)}`);
    }
  for (const [name, value] of Object.entries(exports) as [string, unknown][])
    if (value instanceof WebAssembly.Global && name !== 'ac_fuel') lines.push(`${name} = ${globalText(value)}`);
  const memory = exports['memory'] as unknown as WebAssembly.Memory | undefined; // Binaryen's modules do not export theirs
  let hash = 0;
  for (const byte of memory ? new Uint8Array(memory.buffer) : []) hash = (Math.imul(hash, 31) + byte) | 0;
  lines.push(`memory ${memory?.buffer.byteLength} ${hash}`);
  return lines;
}

t.test(`${MODULES} random modules do the same after the rewriting, alone and in shared memory`, async (t) => {
  let traps = 0;
  let values = 0;
  for (let seed = 1; seed <= MODULES; seed++) {
    const source = randomModule(seed);
    if (!WebAssembly.validate(source as BufferSource))
      return t.fail(`the generator made an invalid module, seed ${seed}`);
    const facts = checkModule(source, []); // no rules: a random global may well move like a stack pointer
    const expected = trace(instantiate(source), seed);
    traps += expected.filter((line) => /unreachable|out of bounds|divide/.test(line)).length;
    values += expected.filter((line) => /: -?\d/.test(line)).length;
    const alone = rewriteModule(facts, 'control', { shared: false });
    if (JSON.stringify(trace(instantiate(alone), seed)) !== JSON.stringify(expected))
      return t.same(trace(instantiate(alone), seed), expected, `metered, seed ${seed}`);
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 4, shared: true });
    const shared = instantiate(rewriteModule(facts, 'control'), { host: { memory } });
    if (JSON.stringify(trace(shared, seed)) !== JSON.stringify(expected))
      return t.same(trace(shared, seed), expected, `in shared memory, seed ${seed}`);
    if (!WebAssembly.validate(rewriteModule(facts, 'render') as BufferSource))
      return t.fail(`invalid render twin, seed ${seed}`);
  }
  t.ok(traps > 100 && values > 1000, `${values} calls gave values, ${traps} trapped: the same ones`);
});

/** Imports of Binaryen's own random modules: what they log is part of what can be seen. */
function loggingImports(bytes: Uint8Array, lines: string[]): WebAssembly.Imports {
  const imports: Record<string, Record<string, (...values: unknown[]) => number>> = {};
  for (const { module, name } of WebAssembly.Module.imports(new WebAssembly.Module(bytes as BufferSource))) {
    imports[module] ??= {};
    imports[module][name] = (...values) => lines.push(`${name} ${values.join(' ')}`) * 0;
  }
  return imports;
}

t.test(`${FOREIGN_MODULES} random modules of Binaryen's fuzzer do the same`, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'audiocloud-fuzz-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const wasmOpt = fileURLToPath(import.meta.resolve('binaryen/bin/wasm-opt'));
  const features = ['simd', 'bulk-memory', 'sign-ext', 'nontrapping-float-to-int', 'multivalue', 'mutable-globals'];
  for (let seed = 1; seed <= FOREIGN_MODULES; seed++) {
    const random = seededRandom(seed);
    const [input, output] = [join(folder, 'in'), join(folder, 'out.wasm')];
    writeFileSync(
      input,
      Uint8Array.from({ length: 4000 * seed }, () => random() * 256),
    );
    execFileSync(process.execPath, [
      wasmOpt,
      input,
      '-ttf',
      ...features.map((name) => `--enable-${name}`),
      '-o',
      output,
    ]);
    const source = readFileSync(output);
    const facts = checkModule(source, []);
    if (facts.module.hasStart) continue; // refused by a rule
    const [before, after]: string[][] = [[], []];
    const expected = trace(instantiate(source, loggingImports(source, before!)), seed);
    const { minimum, maximum } = facts.module.memories[0]!;
    const memory = new WebAssembly.Memory({ initial: minimum, maximum: maximum!, shared: true });
    const imports = { ...loggingImports(source, after!), host: { memory } };
    const found = trace(instantiate(rewriteModule(facts, 'control'), imports), seed);
    if (JSON.stringify([found, after]) !== JSON.stringify([expected, before]))
      return t.same([found, after], [expected, before], `seed ${seed}`);
    t.ok(
      WebAssembly.validate(rewriteModule(facts, 'render') as BufferSource),
      `seed ${seed}, ${expected.length} lines`,
    );
  }
});

t.test('a render twin of a module whose entries reach everything does the same', async (t) => {
  for (let seed = 1; seed <= 100; seed++) {
    // the last function, which may call all others, becomes ac_reset: what it cannot reach is left out
    const source = randomModule(seed);
    const facts = checkModule(source, []);
    const reached = new Set(facts.functions.map((_, i) => i));
    const keeping = { ...facts, reached, globals: { scratch: [], control: [] } };
    if (facts.functions.some(({ usesDataSegments }) => usesDataSegments)) continue;
    const expected = trace(instantiate(source), seed);
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 4, shared: true });
    instantiate(rewriteModule(facts, 'control'), { host: { memory } }); // writes the data segments
    const render = instantiate(rewriteModule(keeping, 'render'), { host: { memory } });
    if (JSON.stringify(trace(render, seed)) !== JSON.stringify(expected))
      return t.same(trace(render, seed), expected, `seed ${seed}`);
  }
  t.pass('100 seeds');
});

/** Only refusals with a code, and never an invalid module. Returns whether it was accepted. */
function survives(bytes: Uint8Array): boolean {
  let facts: ReturnType<typeof checkModule>;
  try {
    facts = checkModule(bytes, MODULE_RULES);
  } catch (error) {
    if (error instanceof AudioCloudError && error.code === 'PLUGIN_RULES') return false;
    throw error;
  }
  for (const role of ['control', 'render'] as const)
    if (!WebAssembly.validate(rewriteModule(facts, role) as BufferSource)) throw new Error(`an invalid ${role} twin`);
  return true;
}

t.test(`${MUTATIONS} damaged modules and random bytes are refused by name, or rewritten to valid ones`, async (t) => {
  const sources = [assemble(watPlugin()), ...Array.from({ length: 30 }, (_, i) => randomModule(1000 + i))];
  let accepted = 0;
  for (let seed = 1; seed <= MUTATIONS; seed++) {
    const random = seededRandom(seed);
    const below = (n: number) => Math.floor(random() * n);
    let bytes = sources[seed % sources.length]!.slice();
    const kind = seed % 4;
    if (kind === 0) bytes = bytes.subarray(0, below(bytes.length));
    else if (kind === 1) for (let n = 1 + below(3); n > 0; n--) bytes[8 + below(bytes.length - 8)] = below(256);
    else if (kind === 2) bytes[8 + below(bytes.length - 8)]! ^= 1 << below(8);
    else
      bytes.set(
        Uint8Array.from({ length: 1 + below(40) }, () => below(256)).subarray(0, bytes.length - 48),
        8 + below(bytes.length - 48),
      );
    try {
      if (survives(bytes)) accepted++;
    } catch (error) {
      return t.fail(`seed ${seed}: ${(error as Error).stack}`);
    }
  }
  for (let seed = 1; seed <= 1000; seed++) {
    const random = seededRandom(seed);
    const bytes = Uint8Array.from({ length: 8 + Math.floor(random() * 200) }, () => random() * 256);
    bytes.set([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    try {
      survives(bytes);
    } catch (error) {
      return t.fail(`random bytes, seed ${seed}: ${(error as Error).stack}`);
    }
  }
  t.ok(accepted > 0 && accepted < MUTATIONS, `${accepted} were still modules by the rules`);
});

t.test('lists that claim to be huge are refused at once', async (t) => {
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  for (const id of [1, 2, 3, 4, 5, 6, 7, 9, 10, 11])
    t.equal(survives(Uint8Array.from([...header, id, 6, 0xff, 0xff, 0xff, 0xff, 0x0f, 0])), false, `section ${id}`);
});

t.test('a render twin keeps what process reaches, and nothing else', async (t) => {
  const facts = checkModule(assemble(watPlugin()));
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 64, shared: true });
  const render = instantiate(rewriteModule(facts, 'render'), { host: { memory } });
  render['ac_refuel']!(1000);
  t.equal(new Uint8Array(memory.buffer)[17], 0, 'no data segment was written');
  t.throws(() => render['ac_create']!(0, 0n), /unreachable/);
  t.throws(() => render['ac_alloc']!(16), /unreachable/);
  t.equal(
    new Uint8Array(memory.buffer).findIndex((byte) => byte !== 0),
    -1,
    'and nothing was touched',
  );
});

t.test('globals that process uses are fresh after every refuel of a render twin', async (t) => {
  const more = `(global $a (export "a") (mut i32) (i32.const 5)) (global $b (export "b") (mut v128) (v128.const i32x4 1 2 3 4))
    (func $touch (global.set $a (i32.add (global.get $a) (i32.const 1))) (global.set $b (i32x4.add (global.get $b) (global.get $b))))`;
  const facts = checkModule(assemble(watPlugin({ more, start: { ac_reset: '(call $touch)' } })));
  const seen = (role: 'control' | 'render') => {
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 64, shared: true });
    const twin = instantiate(rewriteModule(facts, role), { host: { memory } });
    return [1, 2, 3].map(() => {
      twin['ac_refuel']!(1000);
      twin['ac_reset']!(0);
      return (twin['a'] as unknown as WebAssembly.Global).value;
    });
  };
  t.strictSame(seen('render'), [6, 6, 6]);
  t.strictSame(seen('control'), [6, 7, 8]);
});
