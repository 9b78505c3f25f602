import type { Permission } from '../../permissions/permission.ts';

/** Who holds a key. */
export interface Person {
  name: string;
  application: string;
  permissions: ReadonlySet<Permission>;
}

/** What somebody sends to be known. [any] */
export const headersOf = ({ name }: Person): Record<string, string> => ({ authorization: `Bearer key-of-${name}` });
