const texts = new WeakMap<object, Buffer>();

/** The JSON of something that many are sent, made once. It must never change afterwards. [control] */
export function sharedText(value: object): Buffer {
  let text = texts.get(value);
  if (!text) {
    text = Buffer.from(JSON.stringify(value));
    texts.set(value, text);
  }
  return text;
}
