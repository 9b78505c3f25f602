import { Worker } from 'node:worker_threads';
import { AudioCloudError } from '@audiocloud/api';
import type { FastifyBaseLogger } from 'fastify';
import type { FromPeers, PeerSettings, ToPeers } from './peer-message.ts';

/** What a peer is told. */
export interface PeerEvents {
  /** Sound can go both ways. */
  connected(): void;
  /** Once: it is over, from whatever side. */
  closed(): void;
  /** An Opus packet that came by RTP. */
  sound(opus: Uint8Array, sequence: number, timestamp: number): void;
}

/** One WebRTC connection with a client. */
export interface Peer {
  /** The answer to its offer, an SDP. */
  readonly answer: string;
  /** Sends a packet of opus of one or two channels; until it is connected they are left out. */
  send(packet: Uint8Array): void;
  close(): void;
}

/** It takes some milliseconds; a request of the session waits for it. */
const ANSWER_MS = 10_000;

interface Opened {
  events: PeerEvents;
  settle: { resolve(answer: string): void; reject(error: AudioCloudError): void; timer: NodeJS.Timeout } | undefined;
}

/** All WebRTC connections of a domain, in a thread of their own, which is started for the first of them. [control] */
export class Peers {
  readonly #settings: PeerSettings;
  readonly #logger: FastifyBaseLogger;
  readonly #open = new Map<number, Opened>();
  #worker: Worker | undefined;
  #last = 0;
  #isClosed = false;
  /** To whom the packet goes that was given last: many listeners of one stream are one message. */
  #batch: { packet: Uint8Array; peers: number[] } | undefined;

  constructor(settings: PeerSettings, logger: FastifyBaseLogger) {
    this.#settings = settings;
    this.#logger = logger;
  }

  get size(): number {
    return this.#open.size;
  }

  /**
   * Throws WEBRTC_REFUSED for an offer that cannot be taken and where there are as many as may be, WEBRTC_UNAVAILABLE where the
   * domain has no WebRTC.
   */
  async open(offer: string, events: PeerEvents): Promise<Peer> {
    const { mostPeers } = this.#settings;
    if (this.#isClosed) throw refusal('the domain ends');
    if (this.#open.size >= mostPeers)
      throw refusal(
        `the domain has ${this.#open.size} connections, and webrtc.mostPeers is ${mostPeers}; listen on the live socket`,
      );
    const peer = ++this.#last;
    const answer = await new Promise<string>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#over(peer, `the offer was not answered within ${ANSWER_MS / 1000} s`);
        this.#post({ type: 'close', peer });
      }, ANSWER_MS);
      this.#open.set(peer, { events, settle: { resolve, reject, timer } });
      this.#thread().ref();
      this.#post({ type: 'open', peer, offer, settings: this.#settings });
    });
    return {
      answer,
      send: (packet) => {
        if (this.#open.has(peer)) this.#send(peer, packet);
      },
      close: () => {
        if (this.#open.delete(peer)) this.#post({ type: 'close', peer });
        this.#rest();
      },
    };
  }

  /** For good. Nobody is told but who waits for an answer. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { settle } of this.#open.values()) {
      clearTimeout(settle?.timer);
      settle?.reject(refusal('the domain ends'));
    }
    this.#open.clear();
    this.#batch = undefined;
    await this.endThread();
  }

  /** All peers end, as they do when it fails; the next one has a new thread. */
  async endThread(): Promise<void> {
    await this.#worker?.terminate();
  }

  /** The same packet for many comes once for each, one after another: it is sent to the thread once. */
  #send(peer: number, packet: Uint8Array): void {
    if (this.#batch?.packet === packet) {
      this.#batch.peers.push(peer);
      return;
    }
    this.#flush();
    this.#batch = { packet, peers: [peer] };
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    const batch = this.#batch;
    this.#batch = undefined;
    if (batch) this.#post({ type: 'send', ...batch });
  }

  /** Without peers the thread holds no process. */
  #rest(): void {
    if (this.#open.size === 0) this.#worker?.unref();
  }

  #post(message: ToPeers): void {
    if (this.#isClosed) return;
    this.#thread().postMessage(message);
  }

  #thread(): Worker {
    if (this.#worker) return this.#worker;
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const worker = new Worker(new URL(`./peer-thread.${extension}`, import.meta.url));
    this.#worker = worker;
    worker.on('message', (message: FromPeers) => this.#receive(message));
    worker.on('error', (error) => this.#logger.error({ error }, 'the thread of the WebRTC peers failed'));
    worker.on('exit', () => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      for (const peer of [...this.#open.keys()]) this.#over(peer, 'the thread of the peers ended; connect again');
    });
    return worker;
  }

  #receive(message: FromPeers): void {
    if (message.type === 'trouble') {
      this.#logger.warn({ why: message.why }, 'the library of the WebRTC peers failed; they go on');
      return;
    }
    const opened = this.#open.get(message.peer);
    if (!opened) return;
    switch (message.type) {
      case 'answer':
        clearTimeout(opened.settle?.timer);
        opened.settle?.resolve(message.answer);
        opened.settle = undefined;
        return;
      case 'refused':
        this.#over(message.peer, message.why, message.isMissing);
        return;
      case 'state':
        if (message.state === 'connected') opened.events.connected();
        else this.#over(message.peer, 'the connection ended');
        return;
      case 'sound':
        opened.events.sound(message.opus, message.sequence, message.timestamp);
    }
  }

  #over(peer: number, why: string, isMissing = false): void {
    const opened = this.#open.get(peer);
    this.#open.delete(peer);
    clearTimeout(opened?.settle?.timer);
    opened?.settle?.reject(
      isMissing
        ? new AudioCloudError('WEBRTC_UNAVAILABLE', `Cannot connect by WebRTC: ${why}; listen on the live socket`)
        : refusal(why),
    );
    this.#rest();
    opened?.events.closed();
  }
}

const refusal = (why: string) => new AudioCloudError('WEBRTC_REFUSED', `Cannot connect by WebRTC: ${why}`);
