import { AudioCloudError } from '@audiocloud/api';
import t from 'tap';
import { assemble, type WatParts, watPlugin } from '../plugin/fixtures/wat-plugin.ts';
import type { RuleFault, RuleName } from './rule-fault.ts';
import { checkModule } from './rules.ts';

function faultsOf(bytes: Uint8Array): RuleFault[] {
  try {
    checkModule(bytes);
    return [];
  } catch (error) {
    if (!(error instanceof AudioCloudError) || error.code !== 'PLUGIN_RULES') throw error;
    return error.details!['faults'] as RuleFault[];
  }
}

const frame = (bytes: number) =>
  `(global.set $sp (local.tee $count (i32.sub (global.get $sp) (i32.const ${bytes}))))
   (global.set $sp (i32.add (local.get $count) (i32.const ${bytes})))`;
const inFunction = (body: string) => `(func (param i32) (local $count i32) ${body})`;

/** Each a plugin that breaks one rule (or the rules named), and what its detail must say. */
const broken: readonly (readonly [name: string, parts: WatParts, rules: RuleName | RuleName[], says: RegExp])[] = [
  ['no maximum', { memory: '(memory (export "memory") 1)' }, 'memory-maximum', /none/],
  ['a maximum above the cap', { memory: '(memory (export "memory") 1 1025)' }, 'memory-maximum', /1 to 1025 pages/],
  ['a memory that is not exported', { memory: '(memory 2 64)' }, 'memory-exported', /memory/],
  ['a shared memory', { memory: '(memory (export "memory") 2 64 shared)' }, 'one-memory', /shared/],
  [
    'an imported memory',
    { memory: '(memory (export "memory") (import "env" "memory") 2 64)' },
    ['imports', 'one-memory'],
    /env.memory is imported/,
  ],
  [
    'WASI',
    { imports: '(import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))' },
    'imports',
    /wasi_snapshot_preview1.fd_write/,
  ],
  ['abort of another type', { imports: '(import "env" "abort" (func (param i32)))' }, 'imports', /env.abort/],
  ['an imported global', { imports: '(import "env" "abort" (global i32))' }, 'imports', /env.abort/],
  ['a start function', { more: '(func $begin) (start $begin)' }, 'no-start', /start/],
  ['a missing entry', { without: ['ac_tail'] }, 'exports', /ac_tail: .* no function/],
  [
    'an entry of another type',
    { without: ['ac_free'], more: '(func (export "ac_free") (param i64))' },
    'exports',
    /ac_free: \(i32 -> \) is wanted, \(i64 -> \)/,
  ],
  ['no ABI version', { abi: '' }, 'exports', /ac_abi/],
  [
    'an ABI version that may change',
    { abi: '(global (export "ac_abi") (mut i32) (i32.const 65536))' },
    'exports',
    /ac_abi/,
  ],
  ['a reserved name', { more: '(func (export "ac_refuel") (param i32))' }, 'reserved-exports', /ac_refuel/],
  ['a huge table', { more: '(table 65537 funcref)' }, 'one-table', /65537/],
  ['two tables', { more: '(table 1 funcref) (table 1 funcref)' }, 'one-table', /2 tables/],
  ['a table of externals', { more: '(table 1 externref)' }, 'known-types', /0x6f/],
  ['atomics', { more: '(func (drop (i32.atomic.load (i32.const 0))))' }, 'known-instructions', /atomics/],
  [
    'relaxed SIMD',
    { more: '(func (param v128) (result v128) (f32x4.relaxed_madd (local.get 0) (local.get 0) (local.get 0)))' },
    'known-instructions',
    /relaxed SIMD/,
  ],
  ['a tail call', { more: '(func $f (return_call $f))' }, 'known-instructions', /tail call/],
  ['exceptions', { more: '(tag $e) (func (throw $e))' }, 'known-sections', /13/],
  [
    'a table that is written',
    { more: '(table 1 funcref) (func (table.set (i32.const 0) (ref.null func)))' },
    'known-instructions',
    /references/,
  ],
  [
    'table.grow',
    { more: '(table 1 funcref) (func (drop (table.grow (ref.null func) (i32.const 1))))' },
    'known-instructions',
    /references|table/,
  ],
  ['a local reference', { more: '(func (local funcref))' }, 'known-instructions', /local/],
  ['a struct', { more: '(type $s (struct (field i32))) (func (param (ref $s)))' }, 'known-types', /type/],
  ['a 64-bit memory', { memory: '(memory (export "memory") i64 2 64)' }, 'known-types', /64-bit/],
  ['two memories', { more: '(memory 1 1)' }, 'one-memory', /2 memories/],
  [
    'an extended constant',
    { more: '(global i32 (i32.add (i32.const 1) (i32.const 2)))' },
    'known-instructions',
    /constant expression/,
  ],
  [
    'a hidden stack pointer',
    { more: `(global $sp (mut i32) (i32.const 65536)) ${inFunction(frame(32))}` },
    'stack-pointer',
    /global \d+ moves like a stack pointer/,
  ],
  [
    'a stack pointer that cannot move',
    { more: '(global (export "__stack_pointer") i32 (i32.const 65536))' },
    'stack-pointer',
    /not a mutable i32/,
  ],
  [
    'growth in process',
    { start: { ac_process: '(drop (memory.grow (i32.const 1)))' } },
    'no-growth-in-process',
    /ac_process/,
  ],
  [
    'growth two calls below reset',
    { more: '(func $a (call $b)) (func $b (drop (memory.size)))', start: { ac_reset: '(call $a)' } },
    'no-growth-in-process',
    /function \d+/,
  ],
  [
    'growth behind an indirect call',
    {
      more: '(type $void (func)) (table 2 funcref) (elem (i32.const 0) $grow) (func $grow (drop (memory.grow (i32.const 1))))',
      start: { ac_process_many: '(call_indirect (type $void) (i32.const 0))' },
    },
    'no-growth-in-process',
    /function \d+/,
  ],
  [
    'a global that only control writes',
    {
      more: '(global $rate (mut f64) (f64.const 0))',
      start: { ac_activate: '(global.set $rate (local.get $rate))', ac_process: '(drop (global.get $rate))' },
    },
    'no-control-globals-in-process',
    /global \d+/,
  ],
  [
    'a data segment in process',
    { more: '(data $d "abc")', start: { ac_process: '(memory.init $d (i32.const 0) (i32.const 0) (i32.const 3))' } },
    'no-data-segments-in-process',
    /ac_process/,
  ],
];

for (const [name, parts, rules, says] of broken)
  t.test(`refused by name: ${name}`, async (t) => {
    const faults = faultsOf(assemble(watPlugin(parts)));
    t.strictSame(
      faults.map(({ rule }) => rule),
      [rules].flat(),
    );
    t.match(faults[0]?.detail, says);
  });

t.test('a plugin that breaks no rule passes', async (t) => {
  t.strictSame(faultsOf(assemble(watPlugin())), []);
});

t.test('all broken rules are named at once', async (t) => {
  const bytes = assemble(
    watPlugin({
      memory: '(memory (export "memory") 1)',
      without: ['ac_tail'],
      more: '(func $begin) (start $begin)',
      start: { ac_process: '(drop (memory.size))' },
    }),
  );
  t.strictSame(
    faultsOf(bytes).map(({ rule }) => rule),
    ['memory-maximum', 'no-start', 'no-growth-in-process', 'exports'],
  );
});

t.test('a module of more than 2 MiB is refused unread', async (t) => {
  t.equal(faultsOf(new Uint8Array((2 << 20) + 1))[0]?.rule, 'size');
});

t.test('what is allowed', async (t) => {
  const allowed: Record<string, WatParts> = {
    'abort and log': {
      imports: '(import "env" "abort" (func (param i32 i32 i32 i32))) (import "ac" "log" (func (param i32 i32)))',
    },
    'a global that process writes and reads': {
      more: '(global $scratch (mut f64) (f64.const 0))',
      start: {
        ac_activate: '(global.set $scratch (f64.const 1))',
        ac_process: '(global.set $scratch (f64.const 2)) (drop (global.get $scratch))',
      },
    },
    'growth behind an indirect call of another type': {
      more: `(type $void (func)) (type $other (func (param i32))) (table 2 funcref) (elem (i32.const 0) $grow $quiet)
        (func $grow (drop (memory.grow (i32.const 1)))) (func $quiet (param i32))`,
      start: { ac_process: '(call_indirect (type $other) (i32.const 1) (i32.const 1))' },
    },
    'data segments and their instructions in create': {
      more: '(data $d "abc")',
      start: { ac_create: '(memory.init $d (i32.const 0) (i32.const 0) (i32.const 3)) (data.drop $d)' },
    },
    'an exported stack pointer': {
      more: `(global $sp (export "__stack_pointer") (mut i32) (i32.const 65536)) ${inFunction(frame(32))}`,
    },
    'a counter that runs down': {
      more: `(global $sp (mut i32) (i32.const 100)) ${inFunction(frame(1))}`,
    },
    'several values and parameters of blocks': {
      more: '(func (result i32 f32) (block (result i32 f32) (i32.const 1) (f32.const 2)))',
    },
    'a constant of C': { abi: '(func (export "ac_abi") (result i32) (i32.const 0x10000))' },
  };
  for (const [name, parts] of Object.entries(allowed)) t.strictSame(faultsOf(assemble(watPlugin(parts))), [], name);
});
