import { existsSync } from 'node:fs';
import { AudioCloudError, MOST_TOKEN_SECONDS } from '@audiocloud/api';
import { Command } from 'commander';
import { dataFolder, wholeNumber } from '../flags.ts';

/** `audiocloud domain token`: a token for everything, for whoever can read the data folder. */
export function domainTokenCommand(): Command {
  return new Command('token')
    .summary('makes a token that may do everything')
    .description(
      'Makes a token that may do everything in a domain, for whoever can read its data folder. Log in with it on the page, or give it to commands as AUDIOCLOUD_TOKEN.',
    )
    .option('--data <dir>', 'data folder of the domain', dataFolder())
    .option('--seconds <n>', 'so long it is taken', wholeNumber(1, MOST_TOKEN_SECONDS), 3600)
    .option('--json', 'print one line of JSON: { id, token, expires }')
    .addHelpText(
      'after',
      '\nExample:\n  export AUDIOCLOUD_TOKEN=$(audiocloud domain token --data ./data)\n  audiocloud top',
    )
    .action(token);
}

async function token({ data, seconds, json }: { data: string; seconds: number; json?: boolean }): Promise<void> {
  const { administratorToken, keysInFile, SigningKeys, signingKeysPath } = await import('@audiocloud/domain');
  if (!existsSync(signingKeysPath(data)))
    throw new AudioCloudError(
      'STORE_INVALID',
      `Cannot make a token: no domain with a login has run in ${data}; give its folder with --data`,
    );
  const made = await administratorToken(new SigningKeys(keysInFile(data)), Date.now(), seconds);
  console.log(json ? JSON.stringify(made) : made.token);
}
