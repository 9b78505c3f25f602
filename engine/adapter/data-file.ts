import { readFile, stat } from 'node:fs/promises';
import { AudioCloudError, type ErrorCode } from '@audiocloud/api';
import { LineCounter, parseDocument } from 'yaml';

/** Models, drivers and racks are pages, not databases. */
const MAX_BYTES = 1024 * 1024;

/** Data read from YAML or JSON, which knows its lines. */
export interface DataFile {
  path: string;
  value: unknown;
  /** The line, from 1, of the place that a JSON pointer names, or of the nearest thing around it. */
  lineOf(pointer: string): number;
}

/** Reads YAML or JSON (a subset of YAML). Throws `code` with file, line and cause. [control] */
export async function readDataFile(path: string, code: ErrorCode): Promise<DataFile> {
  const refuse = (cause: string): never => {
    throw new AudioCloudError(code, `Cannot read ${path}: ${cause}`, { file: path });
  };
  const facts = await stat(path).catch((error: Error) => refuse(`${error.message}; correct the path`));
  if (facts.size > MAX_BYTES) refuse(`it has ${facts.size} bytes, at most ${MAX_BYTES} are read`);
  const lines = new LineCounter();
  const document = parseDocument(await readFile(path, 'utf8'), { lineCounter: lines, prettyErrors: false });
  const lineAt = (offset: number) => lines.linePos(offset).line;
  const [error] = document.errors;
  if (error) refuse(`line ${lineAt(error.pos[0])}: ${error.message}`);
  let value: unknown;
  try {
    value = document.toJS();
  } catch (cause) {
    refuse((cause as Error).message); // an anchor that is not there, or aliases without end
  }
  return {
    path,
    value,
    lineOf(pointer) {
      const parts = pointer.split('/').slice(1);
      for (let length = parts.length; length > 0; length--) {
        const node = document.getIn(parts.slice(0, length).map(asKey), true) as { range?: [number] } | undefined;
        if (node?.range) return lineAt(node.range[0]);
      }
      return 1;
    },
  };
}

/** YAML's lists are asked by number. */
const asKey = (part: string) => (/^\d+$/.test(part) ? Number(part) : part);
