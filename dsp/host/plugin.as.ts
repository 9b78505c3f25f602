/** The exports of the render twin whose memory this runs in, so that a call goes from wasm to wasm. */
@external("plugin", "process")
export declare function process(layout: usize, frames: u32): u32;

/** Fuel for the next call, and fresh scratch globals. */
@external("plugin", "refuel")
export declare function refuel(units: i32): void;
