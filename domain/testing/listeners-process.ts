import { WebSocket } from 'ws';
import { PACKET_AT } from '@audiocloud/api';

/*
 * Runs many listeners of one task in a process of its own: address, count and `listen` request in the arguments. It says `open` when all
 * are answered, at `reset` it forgets, at `report` it says what each got and at `counts` the same without arrivals. An object is another request for all.
 */

/** What the listeners of a process got since `reset`. */
export interface ListenersReport {
  /** Of each: packets, and how many were missing between them. */
  packets: number[];
  lost: number[];
  /** Milliseconds since 1970 at which each packet came to each, by serial. */
  arrivals: [serial: number, atMs: number][];
  closed: number;
}

const [url, count, request] = [process.argv[2]!, Number(process.argv[3]), process.argv[4]!];
let report: ListenersReport = { packets: [], lost: [], arrivals: [], closed: 0 };
const sockets: WebSocket[] = [];
const now = () => performance.timeOrigin + performance.now();

function join(index: number): Promise<void> {
  const socket = new WebSocket(url);
  sockets.push(socket);
  let last = -1;
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.on('close', () => report.closed++);
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (!isBinary) {
        const text = data.toString();
        if (text.startsWith('{"type":"snapshot"')) {
          socket.send('{"type":"meters","id":1,"on":false}');
          socket.send(request);
        }
        if (text.startsWith('{"type":"ack","id":2')) resolve();
        return;
      }
      const serial = data.readUInt32LE(PACKET_AT.serial);
      report.packets[index] = (report.packets[index] ?? 0) + 1;
      if (last >= 0) report.lost[index] = (report.lost[index] ?? 0) + serial - last - 1;
      last = serial;
      report.arrivals.push([serial, now()]);
    });
  });
}

for (let i = 0; i < count; i += 10)
  await Promise.all(Array.from({ length: Math.min(10, count - i) }, (_, n) => join(i + n)));
process.on('message', (what) => {
  if (what === 'report') process.send!(report);
  else if (what === 'counts') process.send!({ ...report, arrivals: [] } satisfies ListenersReport);
  else if (what !== 'reset') for (const socket of sockets) socket.send(JSON.stringify(what));
  else report = { packets: [], lost: [], arrivals: [], closed: 0 };
});
process.send!('open');
