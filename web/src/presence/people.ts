import type { Presence, TaskPermission } from '@audiocloud/api';

/** Somebody who has the task open, as the page shows them. */
export interface Person {
  session: string;
  name: string;
  /** One or two letters. */
  initials: string;
  color: string;
  isMe: boolean;
  permissions: readonly TaskPermission[];
}

// Told apart on the dark ground, and from the accent of the page.
const COLORS = ['#e5a84b', '#c98be0', '#6db3f2', '#ef8a7e', '#9ccc65', '#f28ab2', '#5ecfd0', '#d7c45a'];

/** Who has the task open; this page first, the others in the order they came. */
export function peopleOf(presence: readonly Presence[], me: string | undefined): Person[] {
  const people = [...presence].map(({ session, name, principal, permissions }): Person => {
    const shown = name ?? principal;
    return {
      session,
      name: shown,
      initials: initialsOf(shown),
      color: colorOf(shown),
      isMe: session === me,
      permissions,
    };
  });
  return people.sort((a, b) => Number(b.isMe) - Number(a.isMe));
}

/** The same name has the same color everywhere, also after a drop. */
function colorOf(name: string): string {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + letter.codePointAt(0)!) % 65_521;
  return COLORS[sum % COLORS.length]!;
}

function initialsOf(name: string): string {
  const words = name.split(/\s+/).filter(Boolean);
  const letters = words.length > 1 ? [words[0]!, words.at(-1)!].map((word) => [...word][0]) : [...name].slice(0, 2);
  return letters.join('').toUpperCase();
}
