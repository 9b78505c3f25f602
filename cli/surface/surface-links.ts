import {
  type Adapter,
  type AdapterPort,
  asAudioCloudError,
  type PortFacts,
  portMatches,
  type SurfaceMap,
} from '@audiocloud/api';
import type { SurfaceMessage } from '@audiocloud/client';
import { MidiReader, readOsc, writeOsc } from '@audiocloud/engine';
import { loadAdapter, type SurfaceAdapters } from './surface-adapters.ts';

export interface SurfaceLinkEvents {
  /** A surface is there. send: tells it something, until it is gone. */
  onThere(surface: string, port: string, send: (message: SurfaceMessage) => void): void;
  /** It is gone, or cannot be opened, and why: tried again, without end. The same is told once. */
  onGone(surface: string, why: string): void;
  onMessage(surface: string, message: SurfaceMessage): void;
}

const LOOK_MS = 500;
/** When the bus itself does not answer. */
const LOOK_AGAIN_MS = 2000;

interface Link {
  name: string;
  surface: SurfaceMap['surfaces'][string];
  port: AdapterPort | undefined;
  portId: string | undefined;
  isOpening: boolean;
  told: string;
}

/** The ports of the surfaces of a map: found, opened, and opened again after an unplug. */
export class SurfaceLinks {
  private readonly events: SurfaceLinkEvents;
  private readonly links: Link[] = [];
  private readonly timers = new Set<NodeJS.Timeout>();
  private isClosed = false;

  private constructor(events: SurfaceLinkEvents) {
    this.events = events;
  }

  /** Resolves when every bus was looked at once. Rejects with what keeps an adapter from being loaded. */
  static async open(
    { surfaces }: SurfaceMap,
    adapters: SurfaceAdapters,
    events: SurfaceLinkEvents,
  ): Promise<SurfaceLinks> {
    const opened = new SurfaceLinks(events);
    const named = Map.groupBy(Object.entries(surfaces), ([, { adapter }]) => adapter);
    const buses = [...named].map(async ([name, members]) => {
      const links = members.map(([link, surface]) => ({
        name: link,
        surface,
        port: undefined,
        portId: undefined,
        isOpening: false,
        told: '',
      }));
      opened.links.push(...links);
      const adapter = await loadAdapter(adapters, name);
      await opened.look(adapter, adapters.get(name)!.carries === 'midi', links);
    });
    await Promise.all(buses);
    return opened;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    for (const timer of this.timers) clearTimeout(timer);
    await Promise.all(this.links.map(({ port }) => port?.close().catch(() => {})));
  }

  /** Again and again: most buses do not say when a device comes or goes. */
  private async look(adapter: Adapter, isMidi: boolean, links: readonly Link[]): Promise<void> {
    let pauseMs = LOOK_MS;
    try {
      const ports = await adapter.list(
        links.map(({ surface }) => surface.port),
        links.map(({ surface }) => surface.settings ?? {}),
      );
      for (const link of links) this.offer(adapter, isMidi, link, ports, links);
    } catch (error) {
      pauseMs = LOOK_AGAIN_MS;
      for (const link of links) this.lose(link, asAudioCloudError(error, 'ADAPTER_FAILED').message);
    }
    if (this.isClosed) return;
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      void this.look(adapter, isMidi, links);
    }, pauseMs);
    this.timers.add(timer);
  }

  private offer(adapter: Adapter, isMidi: boolean, link: Link, ports: PortFacts[], links: readonly Link[]): void {
    if (link.isOpening || this.isClosed) return;
    if (link.port) {
      if (!ports.some(({ id }) => id === link.portId)) this.lose(link, 'it was unplugged');
      return;
    }
    const isFree = ({ id }: PortFacts) => links.every(({ portId }) => portId !== id);
    const found = ports.find((port) => portMatches(port, link.surface.port) && isFree(port));
    if (found) void this.connect(adapter, isMidi, link, found);
    else this.tell(link, `waiting for ${portText(link.surface.port)}`);
  }

  private async connect(adapter: Adapter, isMidi: boolean, link: Link, facts: PortFacts): Promise<void> {
    link.isOpening = true;
    link.portId = facts.id;
    try {
      const port = await adapter.open(facts, link.surface.settings ?? {});
      if (this.isClosed) return void (await port.close());
      link.port = port;
      link.told = '';
      const messages = isMidi ? midiMessages() : (bytes: Uint8Array) => readOsc(bytes) ?? [];
      port.onClose((reason) => this.lose(link, reason));
      port.onData((bytes) => {
        for (const message of messages(bytes)) this.events.onMessage(link.name, message);
      });
      this.events.onThere(link.name, facts.id, (message) => {
        if (takesNothing(facts)) return;
        const bytes = message instanceof Uint8Array ? message : writeOsc(message);
        port.write(bytes).catch((error: Error) => link.port === port && this.lose(link, error.message));
      });
    } catch (error) {
      link.portId = undefined;
      this.tell(link, asAudioCloudError(error, 'ADAPTER_FAILED').message);
    } finally {
      link.isOpening = false;
    }
  }

  private lose(link: Link, why: string): void {
    const { port } = link;
    link.port = undefined;
    if (!link.isOpening) link.portId = undefined;
    void port?.close().catch(() => {});
    this.tell(link, why);
  }

  private tell(link: Link, why: string): void {
    if (this.isClosed || link.told === why) return;
    link.told = why;
    this.events.onGone(link.name, why);
  }
}

/** A MIDI port of one direction: a keyboard that has nothing to show. */
const takesNothing = ({ attributes }: PortFacts) => 'input' in attributes && !('output' in attributes);

/** Whole messages out of what comes, however the adapter cuts it. */
function midiMessages(): (bytes: Uint8Array) => Iterable<Uint8Array> {
  const reader = new MidiReader();
  return (bytes) => reader.push(bytes);
}

/** `name "X-Touch*"` */
export function portText(port: Readonly<Record<string, string>>): string {
  return Object.entries(port)
    .map(([attribute, wanted]) => `${attribute} ${JSON.stringify(wanted)}`)
    .join(', ');
}
