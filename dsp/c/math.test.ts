import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';

const tools = [process.env['CLANG'] ?? 'clang', process.env['WASM_LD'] ?? 'wasm-ld'] as const;
const hasTools = tools.every((tool) => spawnSync(tool, ['--version']).status === 0);

const ONE = [
  'exp',
  'log',
  'log2',
  'log10',
  'exp2',
  'sin',
  'cos',
  'tan',
  'tanh',
  'sqrt',
  'floor',
  'ceil',
  'trunc',
  'fabs',
];
const TWO = ['pow', 'fmin', 'fmax'];

type Functions = Record<string, (...x: number[]) => number>;

/** The functions of math.h, compiled. */
function compiled(): Functions {
  const folder = mkdtempSync(join(tmpdir(), 'audiocloud-math-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const lines = [
    '#include "math.h"',
    ...ONE.map((name) => `__attribute__((export_name("${name}"))) double my_${name}(double x) { return ${name}(x); }`),
    ...TWO.map(
      (name) =>
        `__attribute__((export_name("${name}"))) double my_${name}(double x, double y) { return ${name}(x, y); }`,
    ),
    '__attribute__((export_name("fmod"))) double my_fmod(double x, double y) { return fmod(x, y); }',
  ];
  writeFileSync(join(folder, 'all.c'), lines.join('\n'));
  const flags = [
    '--target=wasm32',
    '-c',
    '-O3',
    '-ffp-contract=off',
    '-ffreestanding',
    '-fno-math-errno',
    '-mnontrapping-fptoint',
  ];
  execFileSync(tools[0], [
    ...flags,
    '-Wall',
    '-Wextra',
    '-Werror',
    '-nostdlibinc',
    '-I',
    import.meta.dirname,
    '-o',
    join(folder, 'all.o'),
    join(folder, 'all.c'),
  ]);
  execFileSync(tools[1], ['--no-entry', '-o', join(folder, 'all.wasm'), join(folder, 'all.o')]);
  const module = new WebAssembly.Module(readFileSync(join(folder, 'all.wasm')) as BufferSource);
  return new WebAssembly.Instance(module).exports as unknown as Functions;
}

t.test(
  'functions of dsp/c/math.h are as exact as they say',
  { skip: !hasTools && 'clang and lld are not installed' },
  async (t) => {
    const c = compiled();
    const others: Functions = {
      fabs: Math.abs,
      fmin: Math.min,
      fmax: Math.max,
      exp2: (x) => 2 ** x!,
    };
    const ours = (name: string) => others[name] ?? (Math as unknown as Functions)[name]!;
    const differ = (name: string, xs: Iterable<number[]>, most: number, isRelative = true) => {
      let [worst, at] = [0, [0]];
      for (const x of xs) {
        const [is, wanted] = [c[name]!(...x), ours(name)(...x)];
        const error = is === wanted ? 0 : Math.abs(is - wanted) / (isRelative ? Math.abs(wanted) : 1);
        if (!(error <= worst)) [worst, at] = [error, x];
      }
      t.ok(worst <= most, `${name}: ${worst} at ${at}`);
    };
    const line = function* (from: number, to: number, count = 2000) {
      for (let i = 0; i <= count; i++) yield [from + ((to - from) * i) / count];
    };
    const powers = function* (count = 2000) {
      for (let i = 0; i <= count; i++) yield [10 ** (-300 + (600 * i) / count)];
    };
    differ('exp', line(-700, 700), 1e-13);
    differ('exp', line(-1, 1), 1e-15);
    differ('exp2', line(-1000, 1000), 1e-13);
    for (const name of ['log', 'log2', 'log10']) differ(name, powers(), 1e-14);
    differ('log', line(0.5, 2), 1e-14);
    for (const name of ['sin', 'cos']) {
      differ(name, line(-10, 10), 1e-15, false);
      differ(name, line(-1e5, 1e5), 1e-13, false);
    }
    differ('tan', line(-1.56, 1.56), 1e-13);
    differ('tanh', line(-25, 25), 1e-13);
    differ('sqrt', powers(), 0);
    for (const name of ['floor', 'ceil', 'trunc', 'fabs']) differ(name, line(-5, 5), 0);
    const pairs = function* () {
      for (const [x] of line(0.001, 100, 60)) for (const [y] of line(-20, 20, 60)) yield [x!, y!];
    };
    differ('pow', pairs(), 1e-13);
    for (const name of ['fmin', 'fmax']) differ(name, pairs(), 0);
    for (const [x, y, wanted] of [
      [-2, 3, -8],
      [-2, 2, 4],
      [0, 0, 1],
      [0, 2, 0],
    ] as const)
      t.ok(Math.abs(c['pow']!(x, y) - wanted) < 1e-12, `${x} to the power of ${y}`);
    for (const [x, y] of [
      [7.5, 2],
      [-7.5, 2],
      [0.3, 0.1],
    ] as const)
      t.ok(Math.abs(c['fmod']!(x, y) - (x % y)) < 1e-12, `fmod ${x}, ${y}`);
    t.equal(c['exp']!(-800), 0);
    t.equal(c['exp']!(800), Number.POSITIVE_INFINITY);
    t.equal(c['log']!(0), Number.NEGATIVE_INFINITY);
  },
);
