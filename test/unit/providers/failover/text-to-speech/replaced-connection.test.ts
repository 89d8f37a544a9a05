import { describe, expect, it } from "vitest";
import type { SpeechEvent } from "../../../../../src/pipeline/text-to-speech.ts";
import { ReplacedConnection } from "../../../../../src/providers/failover/text-to-speech/replaced-connection.ts";

/** Connections that log what happens to them, and the listeners of their utterances. */
function connections() {
  const log: string[] = [];
  const listeners: ((event: SpeechEvent) => void)[] = [];
  let opened = 0;
  const connection = new ReplacedConnection(() => {
    const name = ++opened;
    log.push(`open ${name}`);
    return {
      speak: (listener) => {
        log.push(`speak ${name}`);
        listeners.push(listener);
        return { write() {}, flush() {}, end() {}, cancel: () => void log.push(`cancel ${name}`) };
      },
      close: async () => void log.push(`close ${name}`),
    };
  });
  return { connection, log, listeners };
}

describe("a connection that is replaced", () => {
  it("is opened once, ahead or when it is needed", () => {
    const { connection, log } = connections();
    connection.open();
    connection.speak(() => {});
    connection.speak(() => {});
    expect(log).toEqual(["open 1", "speak 1", "speak 1"]);
  });

  it("is closed when it is retired and the last utterance on it is over", () => {
    const { connection, log, listeners } = connections();
    const first = connection.speak(() => {});
    connection.speak(() => {});
    first?.retire();
    first?.retire();
    connection.speak(() => {});
    first?.utterance.cancel();
    expect(log).toEqual(["open 1", "speak 1", "speak 1", "open 2", "speak 2", "cancel 1"]);
    listeners[1]?.({ type: "done" });
    expect(log.at(-1)).toBe("close 1");
  });

  it("is not given up for what happened on the one before", () => {
    const { connection, log } = connections();
    const first = connection.speak(() => {});
    const second = connection.speak(() => {});
    first?.retire();
    connection.speak(() => {});
    second?.retire();
    connection.speak(() => {});
    expect(log.filter((what) => what.startsWith("open"))).toEqual(["open 1", "open 2"]);
  });

  it("is gone after close, those still in use too", async () => {
    const { connection, log } = connections();
    connection.speak(() => {})?.retire();
    connection.speak(() => {});
    await connection.close();
    expect(log.slice(-2)).toEqual(["close 1", "close 2"]);
    expect(connection.speak(() => {})).toBeUndefined();
  });
});
