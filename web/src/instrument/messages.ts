// MIDI messages: the status without its channel, a controller, and what a key that is let go tells when it knows no better.

export const NOTE_OFF = 0x80;
export const NOTE_ON = 0x90;
export const CONTROLLER = 0xb0;
export const SUSTAIN = 64;
export const RELEASE_VELOCITY = 64;
