// The thread that reads what nodes give, encodes and measures it: a worker of stream-hub.ts. One for the engine.
import { parentPort } from 'node:worker_threads';
import { type Crossing, type Feed, NodeSource } from './node-source.ts';
import type { FeedQuality, FromStreamThread, ToStreamThread } from './stream-message.ts';

const port = parentPort!;
const TURN_MS = 5;
/** Nodes and qualities whose serials go on when somebody listens again. */
const MOST_SERIALS = 4096;

const sources = new Map<string, NodeSource>();
const feeds = new Map<number, { node: string; source: NodeSource; feed: Feed }>();
const crossings = new Map<number, Crossing>();
const serials = new Map<string, number>();
let told: FromStreamThread[] = [];

function tell(message: FromStreamThread): void {
  told.push(message);
  if (message.type === 'crossed' && message.step !== 'out') crossings.delete(message.job);
}

const serialKey = (node: string, { format, bitRate, packetMs }: FeedQuality) =>
  `${node} ${format} ${bitRate ?? ''} ${packetMs}`;

function take(message: ToStreamThread): void {
  switch (message.type) {
    case 'open': {
      const { feed: id, node, quality, ring } = message;
      const key = `${node} ${quality.packetMs}`;
      let source = sources.get(key);
      if (!source) {
        source = new NodeSource(node, quality.packetMs, tell);
        sources.set(key, source);
        if (ring) source.setRing(ring);
      }
      const serial = serials.get(serialKey(node, quality)) ?? 0;
      const feed: Feed = { id, quality, serial, encoder: undefined, isOver: false };
      feeds.set(id, { node, source, feed });
      source.add(feed);
      break;
    }
    case 'ring':
      for (const source of sources.values()) if (source.node === message.node) source.setRing(message.ring);
      break;
    case 'reports':
      for (const source of sources.values()) if (source.node === message.node) source.setReports(message.reports);
      break;
    case 'close': {
      const held = feeds.get(message.feed);
      if (!held) break;
      const { node, source, feed } = held;
      feeds.delete(message.feed);
      source.remove(feed);
      const key = serialKey(node, feed.quality);
      serials.delete(key);
      serials.set(key, feed.serial);
      if (serials.size > MOST_SERIALS) serials.delete(serials.keys().next().value!);
      if (source.feeds.size === 0) sources.delete(`${node} ${source.packetMs}`);
      break;
    }
    case 'cross': {
      const [from, to] = [feeds.get(message.from), feeds.get(message.to)];
      if (from && to) crossings.set(message.job, { job: message.job, from, to, end: undefined });
      break;
    }
    case 'uncross':
      crossings.delete(message.job);
      break;
  }
}

function turn(): void {
  const nowMs = performance.now();
  for (const source of sources.values()) source.turn(crossings, nowMs);
  if (told.length === 0) return;
  const messages = told;
  told = [];
  const bytes = messages.flatMap((one) => ('bytes' in one ? [one.bytes.buffer] : []));
  port.postMessage(messages, bytes);
}

port.on('message', take);
setInterval(turn, TURN_MS);
