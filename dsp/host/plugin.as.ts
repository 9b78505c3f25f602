/** The exports of the render twin whose memory this runs in, so that a call goes from wasm to wasm. */
@external("plugin", "process")
export declare function process(layout: usize, frames: u32): u32;

/** Only called for plugins that have it. */
@external("plugin", "process_many")
export declare function processMany(list: usize, count: u32, frames: u32): void;

/** Fuel for the next call, and fresh scratch globals. */
@external("plugin", "refuel")
export declare function refuel(units: i32): void;
