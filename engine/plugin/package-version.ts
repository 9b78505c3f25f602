const PARTS = /^(\d+)\.(\d+)\.(\d+)/;

/** Whether a semantic version is above another one. Pre-release words are not looked at. [any] */
export function isNewer(version: string, other: string): boolean {
  const [mine, theirs] = [numbersOf(version), numbersOf(other)];
  const at = mine.findIndex((number, i) => number !== theirs[i]);
  return at >= 0 && mine[at]! > theirs[at]!;
}

function numbersOf(version: string): number[] {
  return PARTS.exec(version)?.slice(1).map(Number) ?? [0, 0, 0];
}
