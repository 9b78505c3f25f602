import { WebSocket } from 'ws';

/*
 * Runs many live clients of one task in a process of its own: address and count in the arguments. It says `open` when all have
 * their snapshot, and at the message `report` what each of them got.
 */

/** What one client got. */
export interface CrowdReport {
  /** Number of the last event, after the snapshot without gap or double; or why not. */
  sequence: number;
  fault: string | undefined;
  events: number;
  meters: number;
  /** Of the parameter that is moved. */
  value: unknown;
}

const [url, count] = [process.argv[2]!, Number(process.argv[3])];

/** When each event first came to this process, and last, in milliseconds since 1970. */
const arrivals = new Map<number, { first: number; last: number }>();
const now = () => performance.timeOrigin + performance.now();

function join(): Promise<CrowdReport> {
  const report: CrowdReport = { sequence: 0, fault: undefined, events: 0, meters: 0, value: undefined };
  const socket = new WebSocket(url);
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.on('close', (code) => {
      report.fault ??= `closed with ${code}`;
    });
    socket.on('message', (data: Buffer) => {
      const text = data.toString();
      if (text.startsWith('{"type":"meters"')) report.meters++;
      if (!/^\{"type":"(snapshot|changed|edited|state)"/.test(text)) return;
      const message = JSON.parse(text);
      if (message.type === 'snapshot') {
        report.sequence = message.sequence;
        return resolve(report);
      }
      if ((message.from ?? message.sequence) !== report.sequence + 1)
        report.fault ??= `event ${message.sequence} after ${report.sequence}`;
      report.sequence = message.sequence;
      report.events++;
      if (message.type !== 'changed') return;
      report.value = message.changes.at(-1).value;
      const at = now();
      const arrival = arrivals.get(message.sequence);
      if (arrival) arrival.last = at;
      else arrivals.set(message.sequence, { first: at, last: at });
    });
  });
}

const clients: CrowdReport[] = [];
for (let i = 0; i < count; i++) clients.push(await join());
process.on('message', () => process.send!({ clients, arrivals: [...arrivals] }));
process.send!('open');
