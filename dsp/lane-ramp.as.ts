import { all, mul } from './lane.as';
import { gather } from './lanes.as';
import { Ramp } from './ramp.as';

/**
 * row = row times each lane's gain, for `frames` values of T. Cost: a multiplication a value; while it moves another one and a
 * subtraction. [render]
 *
 * @param left frames until the stride of a moving gain ends, 0 when it stands still; what moves is alone: then only the first counts
 * @param a, b, c, d Ramps of the lanes
 */
@inline export function amplifyRow<T>(row: usize, frames: u32, left: u32, a: usize, b: usize, c: usize, d: usize): void {
  const end = row + <usize>frames * sizeof<T>();
  if (left) {
    const ramp = changetype<Ramp>(a);
    for (; row < end; row += sizeof<T>()) {
      store<T>(row, mul<T>(load<T>(row), all<T>(ramp.at(left))));
      if (left) left--;
    }
    return;
  }
  const gain = gather<T>(a, b, c, d, offsetof<Ramp>("to"));
  for (; row < end; row += sizeof<T>()) store<T>(row, mul<T>(load<T>(row), gain));
}
