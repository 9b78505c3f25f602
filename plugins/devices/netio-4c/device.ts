import { type SimulatedDevice, TICK_MS } from '@audiocloud/api';

const PATH = '/netio.json';
const VOLTS = 230;
const HOURS = TICK_MS / 3_600_000;
/** What hangs on each outlet: milliamperes and power factor. */
const LOADS = [
  { milliamperes: 1250, factor: 0.95 },
  { milliamperes: 400, factor: 0.6 },
  { milliamperes: 0, factor: 0 },
  { milliamperes: 80, factor: 0.5 },
];
/** Off, on, off for a while, on for a while, the other way. */
const [OFF, ON, SHORT_OFF, SHORT_ON, TOGGLE] = [0, 1, 2, 3, 4];
/** How long a short off or on is. */
const SHORT_MS = 5000;

type Json = Record<string, unknown>;

interface Outlet {
  isOn: boolean;
  milliamperes: number;
  wattHours: number;
  /** Of a short off or on: ticks until it goes back. */
  ticksLeft: number;
}

/**
 * The power distributor NETIO 4C. [control]
 *
 * `GET /netio.json` tells `{ "Outputs": [{ "ID": 1, "State", "Current" (mA), "Energy" (Wh), "PowerFactor" }, ...] }`; `POST` with
 * `{ "Outputs": [{ "ID": 1, "Action": 0 }] }` switches and tells the same. The current follows a switch by a quarter of the way
 * at each tick; energy is kept while it has power itself.
 */
export function distributor(send: (bytes: Uint8Array) => void): SimulatedDevice {
  const outlets: Outlet[] = LOADS.map(() => ({ isOn: false, milliamperes: 0, wattHours: 0, ticksLeft: 0 }));

  const told = () => ({
    Outputs: outlets.map(({ isOn, milliamperes, wattHours }, i) => ({
      ID: i + 1,
      State: isOn ? 1 : 0,
      Current: Math.round(milliamperes),
      Energy: Number(wattHours.toFixed(3)),
      PowerFactor: Math.round(milliamperes) > 0 ? LOADS[i]!.factor : 0,
    })),
  });

  const act = (outlet: Outlet, action: number) => {
    const isShort = action === SHORT_OFF || action === SHORT_ON;
    outlet.isOn = action === TOGGLE ? !outlet.isOn : action === ON || action === SHORT_ON;
    outlet.ticksLeft = isShort ? SHORT_MS / TICK_MS : 0;
  };

  const answer = (method: unknown, path: unknown, body: unknown): [status: number, body: unknown] => {
    if (path !== PATH) return [404, 'no such thing'];
    if (method === 'GET') return [200, told()];
    if (method !== 'POST') return [405, 'GET or POST only'];
    const wanted = (body as Json | undefined)?.['Outputs'];
    if (!Array.isArray(wanted)) return [400, 'wanted Outputs'];
    const acts = (wanted as Json[]).map((one) => ({
      outlet: outlets[Number(one?.['ID']) - 1],
      action: one?.['Action'],
    }));
    for (const { outlet, action } of acts)
      if (!outlet || !Number.isInteger(action) || (action as number) < OFF! || (action as number) > TOGGLE!)
        return [400, 'wanted ID 1 to 4 and Action 0 to 4'];
    for (const { outlet, action } of acts) act(outlet!, action as number);
    return [200, told()];
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
      const [status, answered] = answer(method, path, body);
      send(Buffer.from(JSON.stringify({ method, path, status, body: answered })));
    },
    tick() {
      outlets.forEach((outlet, i) => {
        const { milliamperes, factor } = LOADS[i]!;
        if (outlet.ticksLeft > 0 && --outlet.ticksLeft === 0) outlet.isOn = !outlet.isOn;
        outlet.milliamperes += ((outlet.isOn ? milliamperes : 0) - outlet.milliamperes) / 4;
        outlet.wattHours += (outlet.milliamperes / 1000) * VOLTS * factor * HOURS;
      });
    },
    state: () => ({ outlets: outlets.map(({ isOn }) => isOn), told: told().Outputs }),
  };
}
