/** How mappings that use a MIDI controller call it, so that two of them are found. [any] */
export const controllerName = (channel: number, controller: number) => `controller ${controller} of channel ${channel}`;
