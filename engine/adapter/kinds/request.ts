import { RequestMapping } from '@audiocloud/api';
import { atPointer, hasPlace, pathWithValue, withValue } from '../json-place.ts';
import type { HttpAnswer, Incoming, MappingKind } from './kind.ts';

/** An answer that is no error. */
export const isGoodAnswer = (incoming: Incoming): incoming is HttpAnswer =>
  typeof incoming === 'object' && 'status' in incoming && incoming.status >= 200 && incoming.status < 300;

/** A request as the adapter takes it. [any] */
export function requestBytes(method: string, path: string, headers: unknown, body: unknown): Uint8Array {
  return Buffer.from(JSON.stringify({ method, path, headers, body }));
}

/** A request of an HTTP device; reports are read from the JSON of answers. */
export const request: MappingKind<RequestMapping> = {
  key: 'request',
  carries: 'requests',
  schema: RequestMapping,
  wires: () => 'any',
  occupies({ request: { method = 'PUT', path, body, pointer } }, direction) {
    if (direction === 'reports') return [`place ${pointer} of ${path}`];
    return [`request ${method} ${path}${body === undefined ? '' : ` ${JSON.stringify(body)}`}`];
  },
  writer:
    ({ request: { method = 'PUT', path, headers, body } }) =>
    (wire) => ({
      key: undefined,
      bytes: requestBytes(method, pathWithValue(path, wire), headers, withValue(body, wire)),
    }),
  reader:
    ({ request: { method, path, pointer } }) =>
    (incoming) => {
      if (!isGoodAnswer(incoming) || incoming.path !== path) return undefined;
      if (method !== undefined && incoming.method !== method) return undefined;
      const value = atPointer(incoming.body, pointer!);
      return typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean' ? value : undefined;
    },
  *problems({ request: { path, body, headers, pointer } }, direction) {
    if (!path.startsWith('/'))
      yield {
        check: 'request-path',
        place: '/request/path',
        message: `${JSON.stringify(path)} does not begin with /`,
        mend: 'write the path only; host and port stand in port',
      };
    if (direction === 'parameters') {
      if (!path.includes('{value}') && !hasPlace(body))
        yield {
          check: 'request-place',
          place: '/request',
          message: 'holds no {value}, neither in its path nor in its body: every value would send the same',
          mend: 'write "{value}" where it stands',
        };
      if (pointer !== undefined)
        yield {
          check: 'request-direction',
          place: '/request/pointer',
          message: 'a parameter reads nothing',
          mend: 'remove pointer, or write a report',
        };
      return;
    }
    if (pointer === undefined || !/^(\/|$)/.test(pointer))
      yield {
        check: 'request-pointer',
        place: pointer === undefined ? '/request' : '/request/pointer',
        message:
          pointer === undefined
            ? 'has no pointer: where in the answer is it?'
            : `${JSON.stringify(pointer)} is no JSON pointer`,
        mend: 'write one, such as /Outputs/0/State',
      };
    if (body !== undefined || headers !== undefined)
      yield {
        check: 'request-direction',
        place: body === undefined ? '/request/headers' : '/request/body',
        message: 'a report sends nothing',
        mend: 'remove it, and ask by polling',
      };
  },
};
