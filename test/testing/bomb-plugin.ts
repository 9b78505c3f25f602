import { watPackage } from '../../engine/plugin/fixtures/wat-package.ts';
import type { WatParts } from '../../engine/plugin/fixtures/wat-plugin.ts';

/** Values of the parameter `x` of `test:bomb` that make it do wrong in the block in which they come. Below 0.75: out = in (1 - x). */
export const FAULT = {
  /** It writes where the host put a guard behind what it took: nobody can tell who did. */
  beside: 0.77,
  /** It writes before its own first piece of memory. */
  before: 0.82,
  /** It writes behind its output. */
  behindOutput: 0.87,
  endless: 0.92,
  trap: 1,
} as const;

const at = '(local.get $at)';
/** Word 112 counts its blocks and is what its first sample is; word 116 is x. */
const process = `(local $v f64) (local $i i32)
  (if (i32.load offset=48 ${at}) (then
    (local.set $v (f64.load offset=16 (i32.add (i32.load offset=40 ${at})
      (i32.mul (i32.const 24) (i32.sub (i32.load offset=48 ${at}) (i32.const 1))))))
    (i32.store offset=48 ${at} (i32.const 0))
    (if (f64.ge (local.get $v) (f64.const 0.95)) (then (unreachable)))
    (if (f64.ge (local.get $v) (f64.const 0.9)) (then (loop $again (br $again))))
    (if (f64.ge (local.get $v) (f64.const 0.85))
      (then (i32.store (i32.add (i32.load offset=108 ${at}) (i32.shl (i32.load offset=12 ${at}) (i32.const 2))) (i32.const 7)))
      (else (if (f64.ge (local.get $v) (f64.const 0.8))
        (then (i32.store (i32.sub ${at} (i32.const 8)) (i32.const 7)))
        (else (if (f64.ge (local.get $v) (f64.const 0.75))
          (then (i32.store offset=3112 (i32.load offset=40 ${at}) (i32.const 7)))
          (else (f32.store offset=116 ${at} (f32.demote_f64 (local.get $v)))))))))))
  (i32.store offset=112 ${at} (i32.add (i32.load offset=112 ${at}) (i32.const 1)))
  (loop $next
    (f32.store (i32.add (i32.load offset=108 ${at}) (i32.shl (local.get $i) (i32.const 2)))
      (f32.mul (f32.load (i32.add (i32.load offset=104 ${at}) (i32.shl (local.get $i) (i32.const 2))))
        (f32.sub (f32.const 1) (f32.load offset=116 ${at}))))
    (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $frames))))
  (f32.store (i32.load offset=108 ${at}) (f32.convert_i32_u (i32.load offset=112 ${at})))
  (return (i32.const 1))`;

/** A folder with `test:bomb`, mono, which does wrong when it is told; `more` is run in its other entries. */
export function bombPackage(t: Parameters<typeof watPackage>[0], more: WatParts['start'] = {}): string {
  const start = {
    ac_parameter: `(f32.store offset=116 ${at} (f32.demote_f64 (local.get 3)))`,
    ac_reset: `(i32.store offset=112 ${at} (i32.const 0))`,
    ac_process: process,
    ...more,
  };
  return watPackage(t, { start }, { id: 'test:bomb' });
}
