import { readFile, stat } from 'node:fs/promises';
import { AudioCloudError, type ErrorCode } from '@audiocloud/api';
import type { Document, Node } from 'yaml';
import type { LintCheck } from './lint/lint-checks.ts';

type Yaml = typeof import('yaml');

/** Models, drivers and racks are pages, not databases. */
const MAX_BYTES = 1024 * 1024;

/** Data read from YAML or JSON, which knows its lines. */
export interface DataFile {
  path: string;
  value: unknown;
  /** The line, from 1, of the place that a JSON pointer names, or of the nearest thing around it. */
  lineOf(pointer: string): number;
}

/**
 * Reads YAML (with merge keys) or JSON, a subset of it. Throws `code` with file, line and cause; a mistake of the text
 * itself also stands in `details.problems`. [control]
 */
export async function readDataFile(path: string, code: ErrorCode): Promise<DataFile> {
  const refuse = (cause: string): never => {
    throw new AudioCloudError(code, `Cannot read ${path}: ${cause}`, { file: path });
  };
  const facts = await stat(path).catch((error: Error) => refuse(`${error.message}; correct the path`));
  if (facts.size > MAX_BYTES) refuse(`it has ${facts.size} bytes, at most ${MAX_BYTES} are read`);
  const yaml = await import('yaml'); // 4 MB, which an engine without devices and racks does not need
  const lines = new yaml.LineCounter();
  const document = yaml.parseDocument(await readFile(path, 'utf8'), {
    lineCounter: lines,
    prettyErrors: false,
    merge: true,
  });
  const lineAt = (offset: number) => lines.linePos(offset).line;
  const refuseText = (check: LintCheck, offset: number, message: string, mend: string): never => {
    const line = lineAt(offset);
    throw new AudioCloudError(code, `Cannot read ${path}: line ${line}: ${message}; ${mend}`, {
      file: path,
      problems: [{ check, file: path, line, place: '/', message, mend }],
    });
  };
  const [error] = document.errors;
  if (error) {
    const isTwice = error.code === 'DUPLICATE_KEY';
    refuseText(
      isTwice ? 'yaml-key-twice' : 'yaml-syntax',
      error.pos[0],
      error.message,
      isTwice ? 'keep one of them' : 'correct the text',
    );
  }
  yaml.visit(document, {
    Alias(_key, alias) {
      if (!alias.resolve(document))
        refuseText(
          'yaml-anchor',
          alias.range![0],
          `there is no anchor &${alias.source} before it`,
          'add it, or correct the name',
        );
    },
  });
  let value: unknown;
  try {
    value = document.toJS();
  } catch (cause) {
    refuse((cause as Error).message); // aliases without end
  }
  return { path, value, lineOf: (pointer) => lineAt(offsetOf(yaml, document, pointer)) };
}

/** Where in the text a JSON pointer leads: at the key, or at the nearest thing around it. */
function offsetOf(yaml: Yaml, document: Document, pointer: string): number {
  let node = document.contents as Node | null;
  let offset = node?.range?.[0] ?? 0;
  for (const part of pointer.split('/').slice(1)) {
    const found = child(yaml, node, part);
    if (!found) break;
    offset = found.offset;
    node = yaml.isAlias(found.node) ? (found.node.resolve(document) ?? null) : found.node;
  }
  return offset;
}

function child(
  { isSeq, isMap, isNode, isScalar }: Yaml,
  node: Node | null,
  part: string,
): { node: Node | null; offset: number } | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(part)];
    return isNode(item) ? { node: item, offset: item.range![0] } : undefined;
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === part);
  if (!pair || !isScalar(pair.key)) return undefined;
  return { node: isNode(pair.value) ? pair.value : null, offset: pair.key.range![0] };
}
