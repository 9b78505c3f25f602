/** In the quoted form: what is no plain ASCII letter, and what would end it or name a folder, becomes `_`. */
const plain = (name: string) => name.replace(/[^\x20-\x7e]|["\\/%]/g, '_');

/** As RFC 8187, 3.2.1 has it: encodeURIComponent leaves a few that it does not allow. */
const extended = (name: string) =>
  encodeURIComponent(name.toWellFormed()).replace(
    /['()*!]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/**
 * A Content-Disposition that has a browser save a file under a name (RFC 6266), never as a path and never shown. [any]
 *
 * name: anything.
 */
export function attachment(name: string): string {
  // A name of its own is never hidden, nor a way out of a folder.
  const safe =
    name
      .replace(/[\p{Cc}\p{Cf}]/gu, '')
      .replace(/[/\\]/g, '_')
      .replace(/^[.\s]+|[.\s]+$/g, '') || 'media';
  const quoted = `attachment; filename="${plain(safe)}"`;
  return plain(safe) === safe ? quoted : `${quoted}; filename*=UTF-8''${extended(safe)}`;
}
