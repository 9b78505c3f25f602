/*
 * Nodes and connections that the host adds to what it renders are named after those of the task. The mark is in no name
 * that a task can have.
 */
const MARK = '~';

/** A name of the host for something that belongs to `name`. */
export function hiddenName(name: string, what: string): string {
  return `${name}${MARK}${what}`;
}

export function isHidden(name: string): boolean {
  return name.includes(MARK);
}

/** The name in the task of what a name of the host belongs to; a name of the task is itself. */
export function visibleName(name: string): string {
  const at = name.indexOf(MARK);
  return at < 0 ? name : name.slice(0, at);
}
