import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** One deliberate mistake in the sources, and the test that must see it. */
export interface WrongCoefficient {
  /** The stock model whose test, `plugins/MODEL/MODEL.test.ts`, must fail. */
  readonly model: string;
  /** Path in the tree. */
  readonly file: string;
  /** Stands in the file once. */
  readonly right: string;
  readonly wrong: string;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The file's text with the mistake. Throws when there is nothing to mistake: a row that does nothing proves nothing. */
export function mistaken(
  { file, right, wrong }: WrongCoefficient,
  text = readFileSync(join(root, file), 'utf8'),
): string {
  const places = text.split(right).length - 1;
  if (places !== 1)
    throw new Error(
      `Put a wrong coefficient into ${file}: \`${right}\` stands there ${places} times, wanted once; adapt the row of wrong-coefficients.ts`,
    );
  if (right === wrong) throw new Error(`Put a wrong coefficient into ${file}: \`${right}\` is put in its own place`);
  return text.replace(right, () => wrong);
}
