import { spawnSync } from 'node:child_process';

/** What a `curl` line of a document asks for. */
export interface CurlRequest {
  method: string;
  path: string;
  body: string | undefined;
  headers: Record<string, string>;
}

/** The `curl` lines of a document, in order; a line may go on after a backslash. */
export function curlLines(text: string): string[] {
  return [...text.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block]) =>
    block!
      .replaceAll('\\\n', ' ')
      .trim()
      .split(/\n(?=curl)/),
  );
}

/** Reads a line as a shell does, without curl itself: a test makes the request where it can see the answer. */
export function curlRequest(line: string): CurlRequest {
  const script = `curl() { for word in "$@"; do printf '%s\\0' "$word"; done; }; ${line}`;
  const words = spawnSync('sh', ['-c', script], { encoding: 'utf8' }).stdout.split('\0').slice(0, -1);
  const after = (flag: string) => words.flatMap((word, i) => (words[i - 1] === flag ? [word] : []));
  const url = words.find((word) => word.startsWith('localhost:7700'))!;
  const headers = after('-H').map((header) => header.split(/:\s*/, 2) as [string, string]);
  return {
    method: after('-X')[0] ?? 'GET',
    path: url.replace('localhost:7700', ''),
    body: after('-d')[0],
    headers: Object.fromEntries(headers),
  };
}
