import type { Meters, PacketMeters, TransportState } from '@audiocloud/api';
import { PeakMeter } from '../meters/peak-meter.ts';

/** From one drawing to the asking for the next: with the frame of the screen that is waited for, as often as levels arrive. */
const PAUSE_MS = 25;
/** It is drawn for so long after the last movement, so that texts that change less often are right as well. */
const REST_SECONDS = 1;

/**
 * Levels, reports and position as they arrive, 30 times a second, outside of React's state. What shows them is told when to draw:
 * 30 times a second while something moves, and not at all while nothing does.
 */
export class MeterFeed {
  private placed: TransportState | null = null;
  private nodes = new Map<string, PeakMeter[]>();
  private reports: Meters['reports'] = {};
  private drawers = new Set<(atSeconds: number) => void>();
  private isDrawing = false;
  private drawUntil = 0;

  get transport(): TransportState | null {
    return this.placed;
  }

  /** Where the task is, told by something else than its meters. */
  place(transport: TransportState): void {
    const isMoved = hasMoved(this.placed, transport);
    this.placed = transport;
    if (isMoved) this.wake();
  }

  push(meters: Meters, transport: TransportState): void {
    const atSeconds = nowSeconds();
    this.reports = { ...this.reports, ...meters.reports };
    for (const [node, { peak }] of Object.entries(meters.meters)) this.hit(node, peak, atSeconds);
    this.placed = transport;
    this.wake(); // of a task that stands there are none
  }

  /** Levels and reports of frames that are heard at this moment. */
  heard(node: string, { peak, reports }: PacketMeters): void {
    this.reports = { ...this.reports, ...reports };
    this.hit(node, peak, nowSeconds());
    this.wake();
  }

  channels(node: string): readonly PeakMeter[] {
    return this.nodes.get(node) ?? [];
  }

  /** Values of one report; undefined as long as none came. */
  report(instance: string, report: string): number[] | undefined {
    return this.reports[instance]?.[report];
  }

  /** Calls `draw` soon, and whenever something has moved, until the function returned is called. */
  onFrame(draw: (atSeconds: number) => void): () => void {
    this.drawers.add(draw);
    this.wake();
    return () => this.drawers.delete(draw);
  }

  private hit(node: string, peak: readonly number[], atSeconds: number): void {
    const channels = this.nodes.get(node) ?? [];
    this.nodes.set(node, channels);
    peak.forEach((value, channel) => {
      channels[channel] ??= new PeakMeter();
      channels[channel].hit(value, atSeconds);
    });
  }

  private wake(): void {
    this.drawUntil = nowSeconds() + REST_SECONDS;
    if (this.isDrawing) return;
    this.isDrawing = true;
    requestAnimationFrame(this.draw);
  }

  private draw = (): void => {
    const atSeconds = nowSeconds();
    for (const draw of this.drawers) draw(atSeconds);
    if (this.isFalling(atSeconds)) this.drawUntil = atSeconds + REST_SECONDS;
    this.isDrawing = this.drawers.size > 0 && atSeconds < this.drawUntil;
    if (this.isDrawing) setTimeout(() => requestAnimationFrame(this.draw), PAUSE_MS);
  };

  private isFalling(atSeconds: number): boolean {
    for (const channels of this.nodes.values())
      if (channels.some((channel) => channel.held(atSeconds) > Number.NEGATIVE_INFINITY)) return true;
    return false;
  }
}

const nowSeconds = () => performance.now() / 1000;

function hasMoved(before: TransportState | null, after: TransportState): boolean {
  return before?.positionFrames !== after.positionFrames || before.sampleRate !== after.sampleRate;
}
