import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { AudioCloudError, type SurfaceBinding, type SurfaceMap, surfaceOf } from '@audiocloud/api';
import { Document, isCollection, isMap, isScalar, parseDocument, visit } from 'yaml';

/** Where a binding stands in a map: the place of one of the same control, else behind all others. */
export function bindingPlace(map: SurfaceMap, binding: SurfaceBinding): number {
  const nameOf = (one: SurfaceBinding) => JSON.stringify([surfaceOf(map, one), withoutBits(one)]);
  const found = map.bindings.findIndex((one) => nameOf(one) === nameOf(binding));
  return found < 0 ? map.bindings.length : found;
}

/** How many bits, or which type, is how a control speaks, not which it is. */
function withoutBits({ from: { cc, nrpn, osc, ...other } }: SurfaceBinding): unknown {
  if (cc) return ['cc', cc.channel, cc.controller];
  if (nrpn) return ['nrpn', nrpn.channel, nrpn.number];
  return osc ? ['osc', osc.address] : other;
}

/**
 * Writes one binding into a map file, at a place of its list; what else stands in the file, comments too, stays. A file that
 * is not there is made from the map. Throws SURFACE_INVALID when it cannot be written.
 */
export function writeBinding(path: string, map: SurfaceMap, binding: SurfaceBinding, place: number): void {
  const part = `${path}.part`;
  try {
    const document = documentOf(path, map);
    document.setIn(['bindings', place], oneLined(document, binding));
    const bindings = document.get('bindings');
    if (isCollection(bindings)) bindings.flow = false;
    const isJson = path.endsWith('.json');
    writeFileSync(part, isJson ? `${JSON.stringify(document.toJS(), null, 2)}\n` : document.toString({ lineWidth: 0 }));
    renameSync(part, path);
  } catch (cause) {
    throw new AudioCloudError(
      'SURFACE_INVALID',
      `Cannot write ${path}: ${(cause as Error).message}`,
      { file: path },
      { cause },
    );
  }
}

function documentOf(path: string, map: SurfaceMap): Document {
  let text: string | undefined;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return new Document({ ...map, bindings: [] });
  }
  return parseDocument(text, { merge: true });
}

/** A binding as a node: each of its keys with a value on one line. */
function oneLined(document: Document, binding: SurfaceBinding) {
  const node = document.createNode(binding);
  visit(node, {
    Pair(_key, { key, value }) {
      if (isScalar(key) && isMap(value)) value.flow = true;
    },
  });
  return node;
}
