import { type WebSocket, WebSocketServer } from 'ws';

/*
 * What a fan-out costs with `ws` alone, as a process: prints its address; told { text, everyMs } it sends that text to all that
 * are connected, with another stream frame each time, until it is told 'stop'.
 */
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
const sockets = new Set<WebSocket>();
let timer: NodeJS.Timeout | undefined;
let frame = 0;

server.on('connection', (socket) => {
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
});
server.on('listening', () => {
  process.send!(`ws://127.0.0.1:${(server.address() as { port: number }).port}/`);
});
process.on('message', (told: { text: string; everyMs: number } | 'stop') => {
  clearInterval(timer);
  if (told === 'stop') return;
  timer = setInterval(() => {
    frame += 1600;
    const bytes = Buffer.from(told.text.replaceAll(/"streamFrame":\d+/g, `"streamFrame":${frame}`));
    for (const socket of sockets) socket.send(bytes, { binary: false });
  }, told.everyMs);
});
