/**
 * k = 1 / Q of second-order section `index` (0 to sections - 1) of a Butterworth filter of order 2 * sections: the pole
 * pairs lie on a circle, k = 2 cos(pi (2 index + 1) / (4 sections)). [any]
 * Source: S. Butterworth, "On the Theory of Filter Amplifiers", 1930; one section gives k = sqrt(2), Q = 0.7071. Cost: a cosine.
 */
export function butterworthK(index: u32, sections: u32): f64 {
  return 2.0 * Math.cos((Math.PI * <f64>(2 * index + 1)) / <f64>(4 * sections));
}
