import type { SimulatedDevice } from '@audiocloud/api';

const OUTLETS = 4;
/** What hangs on each outlet draws this. */
const LOAD_AMPERES = 0.5;

type Json = Record<string, unknown>;

/**
 * A power distributor with a JSON interface: `GET /outlets` and `PUT /outlets/1` with `{ "on": true }`. [control]
 *
 * The current of an outlet follows its switch by a quarter of the way at each tick, as a filtered meter does.
 */
export function outlets(send: (bytes: Uint8Array) => void): SimulatedDevice {
  const all = Array.from({ length: OUTLETS }, (_, i) => ({ id: i + 1, on: false, amperes: 0 }));
  const rounded = () => all.map((one) => ({ ...one, amperes: Number(one.amperes.toFixed(3)) }));

  const answer = (method: unknown, path: string, body: unknown): [status: number, body: unknown] => {
    if (path === '/outlets') return method === 'GET' ? [200, { outlets: rounded() }] : [405, 'GET only'];
    const outlet = all[Number(/^\/outlets\/([1-4])$/.exec(path)?.[1]) - 1];
    if (!outlet) return [404, 'no such thing'];
    if (method === 'GET') return [200, rounded()[outlet.id - 1]];
    if (method !== 'PUT') return [405, 'GET or PUT only'];
    const on = (body as Json | undefined)?.['on'];
    if (typeof on !== 'boolean') return [400, 'wanted on: true or false'];
    outlet.on = on;
    return [200, rounded()[outlet.id - 1]];
  };

  return {
    receive(bytes) {
      let request: Json;
      try {
        request = JSON.parse(Buffer.from(bytes).toString('utf8')) as Json;
      } catch {
        return; // nobody could say to what the answer belongs
      }
      const { method, path, body } = request;
      const [status, answered] = answer(method, String(path), body);
      send(Buffer.from(JSON.stringify({ method, path, status, body: answered })));
    },
    tick() {
      for (const outlet of all) outlet.amperes += ((outlet.on ? LOAD_AMPERES : 0) - outlet.amperes) / 4;
    },
  };
}
