import type { Question } from '@audiocloud/api';
import type { DeviceEncoder } from './device-encoder.ts';
import { requestBytes } from './kinds/request.ts';
import { writeOsc } from './osc-packet.ts';

/** What a question sends now. [any] */
export function questionBytes({ line, bytes, page, osc, request }: Question, encoder: DeviceEncoder): Uint8Array {
  if (line !== undefined) return Buffer.from(line, 'latin1');
  if (bytes) return Uint8Array.from(bytes);
  if (page !== undefined) return encoder.page(page);
  if (osc !== undefined) return writeOsc({ address: osc, arguments: [] });
  return requestBytes(request!.method ?? 'GET', request!.path, request!.headers, request!.body);
}
