/** MIDI 1 messages in events: what a kernel's `event` finds. Channels count from 0. [render] */
import { ac_event_midi1, Event } from './abi.as';

export const NOTE_OFF: u32 = 0x80;
export const NOTE_ON: u32 = 0x90;
export const POLY_PRESSURE: u32 = 0xa0;
export const CONTROLLER: u32 = 0xb0;
export const PROGRAM: u32 = 0xc0;
export const PRESSURE: u32 = 0xd0;
export const PITCH_BEND: u32 = 0xe0;

export const SUSTAIN: u32 = 64;
export const ALL_SOUND_OFF: u32 = 120;
export const RESET_CONTROLLERS: u32 = 121;
export const ALL_NOTES_OFF: u32 = 123;

@inline export function isMidi(event: Event): bool {
  return event.type == <u16>ac_event_midi1;
}

/** The kind of a message: its status without the channel. A note on of velocity 0 is a note off. */
@inline export function midiKind(event: Event): u32 {
  const kind = <u32>load<u8>(changetype<usize>(event), 16) & 0xf0;
  return kind == NOTE_ON && midiSecond(event) == 0 ? NOTE_OFF : kind;
}

@inline export function midiChannel(event: Event): u32 {
  return <u32>load<u8>(changetype<usize>(event), 16) & 0x0f;
}

/** First data byte, 0 to 127: the note or the controller. */
@inline export function midiFirst(event: Event): u32 {
  return <u32>load<u8>(changetype<usize>(event), 17) & 0x7f;
}

/** Second data byte, 0 to 127: the velocity or the value. */
@inline export function midiSecond(event: Event): u32 {
  return <u32>load<u8>(changetype<usize>(event), 18) & 0x7f;
}

/** Of a pitch bend: -1 to 1, 0 in the middle. */
@inline export function midiBend(event: Event): f32 {
  const raw = <i32>(midiFirst(event) | (midiSecond(event) << 7)) - 8192;
  return <f32>raw / (raw < 0 ? 8192 : 8191);
}
