import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assemble, watModel, watPlugin } from '../../engine/plugin/fixtures/wat-plugin.ts';
import type { ProbePackage } from './probe-packages.ts';

/*
 * Run as a process of its own by probe-packages.ts, so that the assembler is not compiled with the flags that the engine
 * sets. Reads one ProbePackage as JSON from its argument and writes the package into its folder.
 */
const { folder, id, kernel, bodies } = JSON.parse(process.argv[2]!) as ProbePackage & { folder: string };

/** Adds a square wave of 0.5 with a period of 8 frames to what comes in: DC would be faded out behind the sink. */
const half = `(local.set $n (i32.shl (local.get $frames) (i32.const 2)))
    (loop $next
      (f32.store (i32.add (i32.load offset=108 (local.get $at)) (local.get $i))
        (f32.add (select (f32.const 0.5) (f32.const -0.5) (i32.and (local.get $i) (i32.const 16)))
          (f32.load (i32.add (i32.load offset=104 (local.get $at)) (local.get $i)))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (local.get $n))))
    (return (i32.const 1))`;
/** Runs `fault` when an event comes with a value above 0.5. */
const whenTold = (fault: string) => `(if (i32.gt_u (i32.load offset=48 (local.get $at)) (i32.const 0)) (then
      (i32.store offset=48 (local.get $at) (i32.const 0))
      (if (f64.gt (f64.load offset=16 (i32.load offset=40 (local.get $at))) (f64.const 0.5)) (then ${fault}))))`;
const roots = '(local.set $x (f64.sqrt (local.get $x)))'.repeat(400);

/** What the kernel does in a block. */
const KERNELS: Record<ProbePackage['kernel'], string> = {
  // leaves its output as it is: what a block costs is the host alone
  empty: '(i32.store offset=48 (local.get $at) (i32.const 0)) (return (i32.const 1))',
  // adds that, and traps when told
  trap: `(local $i i32) (local $n i32) ${whenTold('(unreachable)')} ${half}`,
  // adds that; when told, every turn of a loop is hundreds of square roots, each waiting for the one before: its fuel, which
  // counts turns, lasts for seconds
  wedge: `(local $i i32) (local $n i32) (local $x f64)
    ${whenTold(`(local.set $x (f64.const 2)) (loop $again ${roots} (br_if $again (f64.ne (local.get $x) (f64.const 0))))`)}
    ${half}`,
  // calls every one of the functions that make the module large
  large: `(local $sum f32) ${Array.from({ length: bodies ?? 0 }, (_, i) => `(local.set $sum (call $f${i} (local.get $sum)))`).join('\n')}
    (f32.store (i32.load offset=108 (local.get $at)) (local.get $sum))`,
};

/** Functions that no two are alike, of about 1 KiB. */
const functions = Array.from({ length: bodies ?? 0 }, (_, i) => {
  const steps = Array.from(
    { length: 70 },
    (_, j) =>
      `(local.set $x (f32.add (f32.mul (local.get $x) (f32.const ${0.5 + (i * 70 + j) / 1e5})) (f32.const ${j + 1})))`,
  );
  return `(func $f${i} (param $x f32) (result f32) ${steps.join('\n')} (local.get $x))`;
});

const text = watPlugin({ more: functions.join('\n'), start: { ac_process: KERNELS[kernel] } });
const model = { ...watModel, id };
writeFileSync(join(folder, 'plugin.wasm'), assemble(text));
writeFileSync(
  join(folder, 'audiocloud.json'),
  JSON.stringify({ kind: 'wasm', abi: '1.0', module: 'plugin.wasm', models: [model] }),
);
