import { APPLICATIONS, type ApplicationRecord, type KeyRecord, KEYS } from '../../accounts/account-record.ts';
import { hashOf } from '../../accounts/key-secret.ts';
import { PERMISSIONS, type Permission } from '../../permissions/permission.ts';
import type { StoreWrite } from '../../store/store.ts';

/** Who holds a key. */
export interface Person {
  name: string;
  application: string;
  permissions: ReadonlySet<Permission>;
  keyId: string;
  secret: string;
}

const CREATED = '2026-01-01T00:00:00.000Z';

/** Somebody with a key of their own, made of a number. [any] */
export function person(number: number, name: string, application: string, permissions: readonly Permission[]): Person {
  const id = number.toString(16).padStart(12, '0');
  const secret = `ac_${id}_${'s'.repeat(43)}`;
  return { name, application, permissions: new Set(permissions), keyId: `key-${id}`, secret };
}

/** What somebody sends to be known. [any] */
export const headersOf = ({ secret }: Person): Record<string, string> => ({ authorization: `Bearer ${secret}` });

/** What a store has that knows these people. [any] */
export function accountsOf(people: readonly Person[]): StoreWrite[] {
  const applications = [...new Set(people.map(({ application }) => application))];
  return [
    ...applications.map((id) => {
      const value: ApplicationRecord = { name: id, permissions: [...PERMISSIONS], created: CREATED };
      return { key: APPLICATIONS + id, value };
    }),
    ...people.map(({ keyId, secret, application, permissions }) => {
      const value: KeyRecord = {
        application,
        permissions: [...permissions],
        created: CREATED,
        by: 'nobody',
        hash: hashOf(secret),
        version: 1,
      };
      return { key: KEYS + keyId, value };
    }),
  ];
}
