import type { ErrorBody } from '@audiocloud/api';
import type { ReportPlace } from '../task/report-places.ts';
import type { PacketFormat } from '@audiocloud/api/packet';

/* What the control thread and the stream thread say to each other. */

/** How one node is sent: all who listen to it so share it. */
export interface FeedQuality {
  format: PacketFormat;
  bitRate?: number | undefined;
  packetMs: number;
}

/** The ring of a node as it is now. */
export interface NodeRing {
  memory: SharedArrayBuffer;
  sampleRate: number;
  /** See Packet.run. */
  run: number;
  /** The first frame of the ring that is to be sent. */
  position: number;
}

/** What instances of the task publish, by block. */
export interface NodeReports {
  memory: SharedArrayBuffer;
  layout: readonly ReportPlace[];
}

export type ToStreamThread =
  /** ring: absent while the node is not there. */
  | { type: 'open'; feed: number; node: string; quality: FeedQuality; ring: NodeRing | undefined }
  /** The node has another ring now. */
  | { type: 'ring'; node: string; ring: NodeRing }
  /** The task of the node has other reports now. */
  | { type: 'reports'; node: string; reports: NodeReports | undefined }
  | { type: 'close'; feed: number }
  /** A listener goes from one feed to another, as soon as that can be heard. */
  | { type: 'cross'; job: number; from: number; to: number }
  | { type: 'uncross'; job: number };

export type FromStreamThread =
  /** Before the first packet of a feed. */
  | { type: 'began'; feed: number; sampleRate: number; channels: number }
  | { type: 'packet'; feed: number; bytes: Uint8Array<ArrayBuffer> }
  /** out: the last packet of the old feed, which fades out. in: the first of the new one. moved: there was nothing to fade. */
  | { type: 'crossed'; job: number; step: 'out' | 'in'; bytes: Uint8Array<ArrayBuffer> }
  | { type: 'crossed'; job: number; step: 'moved' }
  /** It cannot be sent so; nothing more of it comes. */
  | { type: 'failed'; feed: number; error: ErrorBody }
  /** Frames of a node that were gone before they were read. */
  | { type: 'lost'; node: string; frames: number };
