import { WebSocket } from 'ws';

/*
 * Many clients in one process: argv is the address and how many. Says 'open' when all are connected; told 'begin' it forgets what it
 * saw, told 'end' it says what came: of each message when it came first and last, in ms of the system's clock, to how many.
 */
export interface Delivery {
  frame: number;
  firstMs: number;
  lastMs: number;
  clients: number;
}

const [url, count] = process.argv.slice(2) as [string, string];
let deliveries = new Map<number, Delivery>();
let sample = '';

function take(data: Buffer): void {
  const now = performance.timeOrigin + performance.now();
  const head = data.toString('latin1', 0, 200);
  if (!head.startsWith('{"type":"meters"')) return;
  const frame = Number(/"streamFrame":(\d+)/.exec(head)?.[1]);
  sample = data.toString();
  const delivery = deliveries.get(frame) ?? { frame, firstMs: now, lastMs: now, clients: 0 };
  delivery.lastMs = now;
  delivery.clients++;
  deliveries.set(frame, delivery);
}

for (let i = 0; i < Number(count); i++) {
  const socket = new WebSocket(url, { perMessageDeflate: false });
  socket.on('message', take);
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
}
process.on('message', (told) => {
  if (told === 'begin') deliveries = new Map();
  if (told === 'end') process.send!({ sample, deliveries: [...deliveries.values()] });
});
process.send!('open');
