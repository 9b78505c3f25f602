import type { Meters, TransportState } from '@audiocloud/api';
import { PeakMeter } from '../meters/peak-meter.ts';

/**
 * Levels, reports and position as they arrive, 30 times a second, outside of React's state: what draws them asks once per
 * frame of the screen.
 */
export class MeterFeed {
  transport: TransportState | null = null;
  private nodes = new Map<string, PeakMeter[]>();
  private reports: Meters['reports'] = {};
  private drawers = new Set<(atSeconds: number) => void>();
  private ticking = false;

  push(meters: Meters, transport: TransportState): void {
    const atSeconds = performance.now() / 1000;
    this.transport = transport;
    this.reports = { ...this.reports, ...meters.reports };
    for (const [node, { peak }] of Object.entries(meters.meters)) {
      const channels = this.nodes.get(node) ?? [];
      this.nodes.set(node, channels);
      peak.forEach((value, channel) => {
        channels[channel] ??= new PeakMeter();
        channels[channel].hit(value, atSeconds);
      });
    }
  }

  channels(node: string): readonly PeakMeter[] {
    return this.nodes.get(node) ?? [];
  }

  /** Values of one report; undefined as long as none came. */
  report(instance: string, report: string): number[] | undefined {
    return this.reports[instance]?.[report];
  }

  /** Calls `draw` once per frame of the screen until the function returned is called. */
  onFrame(draw: (atSeconds: number) => void): () => void {
    this.drawers.add(draw);
    if (!this.ticking) {
      this.ticking = true;
      requestAnimationFrame(this.tick);
    }
    return () => this.drawers.delete(draw);
  }

  private tick = (): void => {
    this.ticking = this.drawers.size > 0;
    const atSeconds = performance.now() / 1000;
    for (const draw of this.drawers) draw(atSeconds);
    if (this.ticking) requestAnimationFrame(this.tick);
  };
}
