/** Data bytes after a status byte: by high nibble for channel messages, by the whole byte for system ones. */
function dataBytes(status: number): number {
  if (status < 0xf0) return (status & 0xe0) === 0xc0 ? 1 : 2; // program change and channel pressure have one
  return status === 0xf2 ? 2 : status === 0xf1 || status === 0xf3 ? 1 : 0;
}

/**
 * Bytes as whole messages, since RtMidi sends one message a call. A SysEx is one message. [any]
 *
 * What is no message (data without status, a cut end) is left out: it must not reach a device.
 */
export function splitMessages(bytes: Uint8Array): Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const status = bytes[at]!;
    let end = at + 1;
    if (status === 0xf0) end = bytes.indexOf(0xf7, at) + 1;
    else if (status >= 0x80) end = at + 1 + dataBytes(status);
    if (end === 0 || end > bytes.length) break;
    if (status >= 0x80) messages.push(bytes.subarray(at, end));
    at = end;
  }
  return messages;
}
