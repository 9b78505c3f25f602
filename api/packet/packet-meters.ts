/** Meters and reports of the very frames of a packet. Linear, full scale is 1; one number for each channel. */
export interface PacketMeters {
  peak: number[];
  rms: number[];
  /** Samples beyond full scale, which all formats but f32 clip. */
  clipped: number;
  /** What instances published while these frames were rendered, by instance and report: the last values of them. */
  reports?: Record<string, Record<string, number[]>>;
}
