import type { Clock } from '../clock/clock.ts';
import type { ErasureService } from '../erasure/erasure-service.ts';
import type { Store } from '../store/store.ts';
import { AccountBook } from './account-book.ts';
import { ApplicationService, type InUse } from './application-service.ts';
import { KeyService } from './key-service.ts';
import type { SigningKeys } from './signing-keys.ts';
import { TokenService } from './token-service.ts';

/** Who may do what: applications, keys, tokens. [control] */
export interface Accounts {
  book: AccountBook;
  applications: ApplicationService;
  keys: KeyService;
  tokens: TokenService;
  signingKeys: SigningKeys;
}

export interface AccountsOptions {
  store: Store;
  clock: Clock;
  signingKeys: SigningKeys;
  isInUse: InUse;
  erasures: ErasureService;
}

/** [control] */
export async function openAccounts({
  store,
  clock,
  signingKeys,
  isInUse,
  erasures,
}: AccountsOptions): Promise<Accounts> {
  const book = await AccountBook.open(store, new Date(clock.now()).toISOString());
  const context = { store, clock, book };
  return {
    book,
    applications: new ApplicationService({ ...context, isInUse, erasures }),
    keys: new KeyService(context),
    tokens: new TokenService({ ...context, signingKeys }),
    signingKeys,
  };
}
