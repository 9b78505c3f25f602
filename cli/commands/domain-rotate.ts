import { existsSync } from 'node:fs';
import { AudioCloudError, MOST_TOKEN_SECONDS } from '@audiocloud/api';
import { Command } from 'commander';
import { dataFolder, wholeNumber } from '../flags.ts';

/** `audiocloud domain rotate`: another signing key. */
export function domainRotateCommand(): Command {
  return new Command('rotate')
    .summary('has tokens signed with a new key')
    .description(
      'Makes a new signing key for the tokens of a domain, also while it runs. Tokens that were signed before are taken until they end, or as long as --overlap says.',
    )
    .option('--data <dir>', 'data folder of the domain', dataFolder())
    .option(
      '--overlap <seconds>',
      'so long tokens of before are taken; 0 ends all of them',
      wholeNumber(0, MOST_TOKEN_SECONDS),
      MOST_TOKEN_SECONDS,
    )
    .addHelpText(
      'after',
      '\nExample:\n  audiocloud domain rotate --data ./data\n  audiocloud domain rotate --overlap 0      # somebody has seen the key',
    )
    .action(rotate);
}

async function rotate({ data, overlap }: { data: string; overlap: number }): Promise<void> {
  const { keysInFile, SigningKeys, signingKeysPath } = await import('@audiocloud/domain');
  if (!existsSync(signingKeysPath(data)))
    throw new AudioCloudError(
      'STORE_INVALID',
      `Cannot rotate: no domain with a login has run in ${data}; give its folder with --data`,
    );
  const id = new SigningKeys(keysInFile(data)).rotate(Date.now(), overlap);
  console.log(`Tokens are signed with key ${id} from now on`);
}
