/** An event of a chat stream is a few hundred bytes; a larger one is not a chat stream's, in characters. */
const MAX_EVENT = 1024 * 1024;

/**
 * The `data` of each server-sent event, in order. Other fields and comments are skipped, and an event that
 * the end of the stream cuts is dropped, as the HTML standard says (9.2.6, "Interpreting an event stream").
 * Lines end in LF or CR LF. Throws a `RangeError` when an event is larger than 1 MiB.
 */
export async function* readEvents(body: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  const parser = new EventParser();
  for await (const bytes of body) yield* parser.push(decoder.decode(bytes, { stream: true }));
}

class EventParser {
  #rest = "";
  #data: string | undefined;

  /** The events that `text` completes. */
  *push(text: string): Generator<string, void> {
    const all = this.#rest + text;
    let from = 0;
    for (let end = all.indexOf("\n"); end >= 0; end = all.indexOf("\n", from)) {
      const event = this.#line(all.slice(from, all[end - 1] === "\r" ? end - 1 : end));
      from = end + 1;
      if (event !== undefined) yield event;
    }
    this.#rest = all.slice(from);
    if (this.#rest.length + (this.#data?.length ?? 0) > MAX_EVENT) {
      throw new RangeError("an event is larger than 1 MiB");
    }
  }

  /** Takes one line; the empty one ends an event and gives its data. */
  #line(line: string): string | undefined {
    if (line === "") {
      const event = this.#data;
      this.#data = undefined;
      return event;
    }
    if (line.startsWith("data:")) {
      const value = line.slice(line[5] === " " ? 6 : 5);
      this.#data = this.#data === undefined ? value : `${this.#data}\n${value}`;
    }
    return undefined;
  }
}
